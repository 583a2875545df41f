//! The options of `usher invite`.

use std::path::PathBuf;

use chrono::TimeDelta;
use clap::Args;
use usher_application::{Invite, Invitee};
use usher_domain::{Locale, OrganizationId};

use crate::duration;

#[derive(Args)]
pub(crate) struct InviteArgs {
    /// The addresses to invite; `-` reads them from standard input, one a line
    #[arg(required_unless_present = "csv", conflicts_with = "csv", value_name = "ADDRESS")]
    pub addresses: Vec<String>,
    #[command(flatten)]
    pub file: FileArgs,
    /// Invite into this organization (its id, code or name) instead of the tenant
    #[arg(long, value_name = "NAME")]
    pub organization: Option<String>,
    /// A role that they will have; may be given more than once
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// How long the invitation lasts, such as 12h or 7d
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    ttl: Option<TimeDelta>,
    /// A personal message
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// The language of the mail, such as de
    #[arg(long, value_name = "TAG", value_parser = Locale::parse)]
    locale: Option<Locale>,
    /// Send no mail: you hand the links over yourself
    #[arg(long)]
    quiet: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
    /// The tenant to invite into; the one of the settings unless given
    #[arg(long, value_name = "NAME")]
    pub tenant: Option<String>,
}

#[derive(Args)]
pub(crate) struct FileArgs {
    /// Invite the people in this file, by a task; `-` is standard input. The header names the
    /// columns: email, user or username, and name, organization, roles, message, locale, ttl,
    /// redirect and label.KEY
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Say what would become of each row, and invite nobody
    #[arg(long, requires = "csv")]
    pub dry_run: bool,
    /// Print the task's id and leave the work to the running server
    #[arg(long, requires = "csv", conflicts_with = "result")]
    pub detach: bool,
    /// Write the result of each row to this file, as CSV
    #[arg(long, requires = "csv", value_name = "FILE")]
    pub result: Option<PathBuf>,
}

impl InviteArgs {
    /// An invitation with what the command line says.
    pub(crate) fn invite(&self, who: Invitee, organization: Option<OrganizationId>) -> Invite {
        Invite {
            organization,
            roles: self.roles.clone(),
            lifetime: self.ttl,
            message: self.message.clone(),
            locale: self.locale.clone(),
            quiet: self.quiet,
            ..Invite::new(who)
        }
    }
}
