//! What the templates of all pages share: the frame, form fields, notices, and rendering.

use axum::{
    http::StatusCode,
    response::{Html, IntoResponse as _, Response},
};

use crate::{locale::Language, problem::Problem};

/// What surrounds every page.
pub(crate) struct Frame<'a> {
    pub language: Language,
    pub base: &'a str,
    /// The name of the tenant or organization whose page it is, where that is known.
    pub owner: Option<&'a str>,
}

/// What somebody has to correct in a form.
pub(super) struct FormError {
    /// The id of the field; none for the form as a whole.
    pub field: Option<&'static str>,
    pub text: String,
}

impl FormError {
    /// An error of the form as a whole.
    pub(super) fn of_form(text: String) -> Self {
        Self { field: None, text }
    }

    /// The text of the error, if it is about this field.
    fn about<'a>(error: Option<&'a Self>, field: &str) -> Option<&'a str> {
        error.filter(|it| it.field == Some(field)).map(|it| it.text.as_str())
    }
}

/// One field of a form, with its label and its error.
#[derive(askama::Template)]
#[template(path = "field.html")]
pub(super) struct Field<'a> {
    id: &'static str,
    label: String,
    hint: Option<String>,
    autocomplete: &'static str,
    content: Content<'a>,
    /// The least number of characters.
    min_length: Option<usize>,
    error: Option<&'a str>,
}

/// What a field holds.
enum Content<'a> {
    /// What was typed.
    Text(&'a str),
    /// A password or a pin, which no page contains.
    Secret(ShowButton),
}

/// The words of the button that shows what is typed: what stands on it, and its whole name.
struct ShowButton {
    text: String,
    name: String,
}

impl<'a> Field<'a> {
    /// A field with what was typed before.
    pub(super) fn text(
        id: &'static str,
        label: String,
        autocomplete: &'static str,
        typed: &'a str,
    ) -> Self {
        let content = Content::Text(typed);
        Self { id, label, hint: None, autocomplete, content, min_length: None, error: None }
    }

    /// An empty field for a password or a pin.
    pub(super) fn secret(
        language: &Language,
        id: &'static str,
        label: String,
        autocomplete: &'static str,
    ) -> Self {
        let content = Content::Secret(ShowButton {
            text: language.text("show"),
            name: language.text_with("show-field", [("field", label.as_str().into())]),
        });
        Self { id, label, hint: None, autocomplete, content, min_length: None, error: None }
    }

    /// An empty field for a new password of at least so many characters.
    pub(super) fn new_password(
        language: &Language,
        id: &'static str,
        label: String,
        min: usize,
    ) -> Self {
        let hint = language.text_with("accept-password-hint", [("min", min.into())]);
        let field = Self::secret(language, id, label, "new-password");
        Self { hint: Some(hint), min_length: Some(min), ..field }
    }

    /// The same field, with the error if it is about this field.
    pub(super) fn with_error(self, error: Option<&'a FormError>) -> Self {
        Self { error: FormError::about(error, self.id), ..self }
    }
}

/// A page with one form.
#[derive(askama::Template)]
#[template(path = "form.html")]
pub(super) struct FormPage<'a> {
    pub frame: Frame<'a>,
    pub title: String,
    pub heading: &'a str,
    pub lead: Option<&'a str>,
    pub form_error: Option<&'a FormError>,
    /// The path that the form is sent to.
    pub path: &'static str,
    pub nonce: String,
    /// What the form sends besides what is typed.
    pub hidden: &'a [(&'static str, String)],
    /// Whose password it is, for programs that keep passwords.
    pub username: Option<&'a str>,
    pub fields: Vec<Field<'a>>,
    pub button: String,
    /// A link below the form, and its label.
    pub link: Option<(String, String)>,
}

/// A page with a title and one paragraph.
#[derive(askama::Template)]
#[template(path = "notice.html")]
pub(crate) struct Notice<'a> {
    pub frame: Frame<'a>,
    pub title: String,
    pub text: String,
    /// A link to go on, and its label.
    pub action: Option<(String, String)>,
}

/// The title of a page with a form: the heading, and that there is an error if there is one.
pub(super) fn title(language: &Language, heading: &str, error: Option<&FormError>) -> String {
    match error {
        Some(_) => language.text_with("title-with-error", [("title", heading.into())]),
        None => heading.to_owned(),
    }
}

/// The page as an answer with the status 200.
pub(crate) fn render(page: &impl askama::Template) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "the template of a page could not be rendered");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR).into_response()
        }
    }
}
