//! The form by which people sign in, with a password or with a pin.

use axum::{
    http::{StatusCode, header::RETRY_AFTER},
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;
use usher_application::{SignInError, SignedIn};
use usher_domain::whole_seconds;

use super::{
    form::FormId,
    site::Site,
    view::{Field, FormError, FormPage, render, title},
};
use crate::{locale::Language, problem::Problem};

/// The tenant that a page is asked for, by its name. Unless it is named, it is that of the settings.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct NamedTenant(String);

impl NamedTenant {
    pub(super) fn of<'a>(&'a self, site: &'a Site) -> &'a str {
        if self.0.is_empty() { &site.usher.policy.tenant } else { &self.0 }
    }
}

/// The secret by which a person proves their identity, and the names of its texts.
pub(super) struct Secret {
    pub form: FormId<'static>,
    /// The path that the form is sent to.
    pub path: &'static str,
    /// The id of the field.
    pub field: &'static str,
    /// The name of the text beside the field.
    pub label: &'static str,
    pub autocomplete: &'static str,
    /// The name of the text for a secret that does not fit the name.
    pub wrong: &'static str,
}

/// A form with a name and a secret, for the people of one tenant or organization.
pub(super) struct SignInForm<'a> {
    pub site: &'a Site,
    pub language: Language,
    pub secret: &'static Secret,
    pub heading: String,
    /// The tenant or organization, where it is known.
    pub owner: Option<String>,
    /// A sentence below the heading.
    pub lead: Option<String>,
    /// What the form sends besides what is typed.
    pub hidden: Vec<(&'static str, String)>,
    /// The organization as it was named, where the form asks for it.
    pub place: Option<String>,
    /// A link below the form, and its label.
    pub link: Option<(String, String)>,
}

impl SignInForm<'_> {
    /// Signs in and goes on to `next`, or shows the form again with what was wrong. The attempt is
    /// made only if the nonce is good.
    pub(super) async fn submit(
        &self,
        nonce: &str,
        name: &str,
        attempt: impl Future<Output = Result<SignedIn, SignInError>>,
        next: &str,
    ) -> Result<Response, Problem> {
        let again = |text| self.page(Some(text), name);
        if !self.secret.form.accepts(self.site, nonce) {
            let page = again(self.language.text("form-expired"));
            return Ok((StatusCode::FORBIDDEN, page).into_response());
        }
        match attempt.await {
            Ok(it) => {
                Ok((self.site.sign_in_cookies(&it), self.site.redirect(next)).into_response())
            }
            Err(SignInError::Store(error)) if error.is_crowded() => {
                let page = again(self.language.text("sign-in-crowded"));
                let later = [(RETRY_AFTER, "1")];
                Ok((StatusCode::SERVICE_UNAVAILABLE, later, page).into_response())
            }
            Err(SignInError::Store(error)) => Err(error.into()),
            Err(SignInError::Wait(wait)) => {
                let seconds = whole_seconds(wait);
                let later = [(RETRY_AFTER, seconds.to_string())];
                let page = again(wait_text(&self.language, seconds));
                Ok((StatusCode::TOO_MANY_REQUESTS, later, page).into_response())
            }
            Err(_) => {
                let page = again(self.language.text(self.secret.wrong));
                Ok((StatusCode::UNAUTHORIZED, page).into_response())
            }
        }
    }

    /// The page, with the name that was typed before.
    pub(super) fn page(&self, error: Option<String>, name: &str) -> Response {
        let form_error = error.map(FormError::of_form);
        let text = |name| self.language.text(name);
        let Secret { form, path, field: id, label, autocomplete, .. } = self.secret;
        let place = self.place.as_deref();
        let place = place
            .map(|it| Field::text("organization", text("pin-organization"), "organization", it));
        let name = Field::text("name", text("sign-in-name"), "username", name);
        let secret = Field::secret(&self.language, id, text(label), autocomplete);
        render(&FormPage {
            frame: self.site.frame(self.language.clone(), self.owner.as_deref()),
            title: title(&self.language, &self.heading, form_error.as_ref()),
            heading: &self.heading,
            lead: self.lead.as_deref(),
            form_error: form_error.as_ref(),
            path,
            nonce: form.nonce(self.site),
            hidden: &self.hidden,
            username: None,
            fields: place.into_iter().chain([name, secret]).collect(),
            button: text("sign-in-yes"),
            link: self.link.clone(),
        })
    }
}

/// How long whoever was wrong too often has to wait, in words.
pub(super) fn wait_text(language: &Language, seconds: u64) -> String {
    language.text_with("sign-in-wait", [("when", language.when(seconds).into())])
}
