//! Where settings come from: the defaults, a file, and the environment.

use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
};

use config::{Config, ConfigError, Environment, File, FileFormat, Value, ValueKind};
use serde::de::DeserializeOwned;

use crate::settings::rules::{BadSettings, bad};

/// Every setting, with its default and its meaning.
pub(crate) const DEFAULTS: &str = include_str!("../../usher.default.toml");

const PREFIX: &str = "USHER_";

/// The names, after the prefix, of variables that are not settings: the one of `--config`, and those
/// of the compose file.
const NOT_SETTINGS: [&str; 3] = ["CONFIG", "IMAGE", "PORT"];

/// How the names of such variables begin: those of the tests, and those that Kubernetes sets for a
/// service called usher.
const NOT_SETTINGS_PREFIXES: [&str; 3] = ["TEST_", "PORT_", "SERVICE_"];

/// Reads the defaults, overridden by the file, overridden by the environment. A setting that has no
/// default is refused.
pub(crate) fn read<T: DeserializeOwned>(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<T, BadSettings> {
    let defaults = File::from_str(DEFAULTS, FileFormat::Toml);
    let known = names(&Config::builder().add_source(defaults.clone()).build()?);
    let mut all = Config::builder().add_source(defaults);
    if let Some(path) = file {
        let source = File::from(path).format(FileFormat::Toml);
        let given = Config::builder().add_source(source.clone()).build();
        let given = given.map_err(|it| unreadable(path, &it))?;
        if let Some(name) = names(&given).difference(&known).next() {
            return Err(unknown(&format!("`{name}` in {}", path.display()), name, &known));
        }
        all = all.add_source(source);
    }
    let variables: HashMap<_, _> =
        environment.into_iter().filter(|(it, _)| is_setting(it)).collect();
    for variable in variables.keys() {
        let name = variable[PREFIX.len()..].to_lowercase().replace("__", ".");
        if !known.contains(&name) {
            return Err(unknown(&format!("the variable {variable}"), &name, &known));
        }
    }
    let environment = Environment::with_prefix("USHER")
        .prefix_separator("_")
        .separator("__")
        .ignore_empty(true)
        .source(Some(variables));
    Ok(all.add_source(environment).build()?.try_deserialize()?)
}

fn is_setting(variable: &str) -> bool {
    variable.strip_prefix(PREFIX).is_some_and(|it| {
        !NOT_SETTINGS.contains(&it)
            && !NOT_SETTINGS_PREFIXES.iter().any(|prefix| it.starts_with(prefix))
    })
}

/// The names of all values, with a dot after the section.
pub(crate) fn names(config: &Config) -> BTreeSet<String> {
    fn walk(value: &Value, name: &str, names: &mut BTreeSet<String>) {
        match &value.kind {
            ValueKind::Table(table) => {
                for (key, value) in table {
                    let dot = if name.is_empty() { "" } else { "." };
                    walk(value, &format!("{name}{dot}{key}"), names);
                }
            }
            _ => drop(names.insert(name.to_owned())),
        }
    }
    let mut all = BTreeSet::new();
    walk(&config.cache, "", &mut all);
    all
}

/// `what` is no setting. Names those of the same section, or the sections if that one is not known.
fn unknown(what: &str, name: &str, known: &BTreeSet<String>) -> BadSettings {
    fn section(name: &str) -> &str {
        name.split_once('.').map_or("", |(section, _)| section)
    }
    let joined = |it: Vec<&str>| it.join(", ");
    let siblings = known.iter().filter(|it| section(it) == section(name));
    let siblings = joined(siblings.map(String::as_str).collect());
    if !siblings.is_empty() {
        return BadSettings(format!("{what} is not a setting; known settings: {siblings}"));
    }
    let sections: BTreeSet<_> =
        known.iter().map(|it| section(it)).filter(|it| !it.is_empty()).collect();
    let sections = joined(sections.into_iter().collect());
    BadSettings(format!("{what} is not a setting; known sections: {sections}"))
}

/// The file and what is wrong with it, without the line itself, which may hold a secret.
fn unreadable(path: &Path, error: &ConfigError) -> BadSettings {
    let text = match error {
        ConfigError::FileParse { cause, .. } => cause.to_string(),
        error => error.to_string(),
    };
    let lines: Vec<_> = text.lines().filter(|it| !it.contains('|')).collect();
    bad(&path.display().to_string(), lines.join(": "))
}

/// The setting and the rule, without the value.
impl From<ConfigError> for BadSettings {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Type { key: Some(key), expected, .. } => {
                bad(&key, format!("must be {expected}"))
            }
            ConfigError::At { error, key: Some(key), .. } => bad(&key, rule(&error)),
            error => Self(error.to_string()),
        }
    }
}

fn rule(error: &ConfigError) -> String {
    match error {
        ConfigError::Type { expected, .. } => format!("must be {expected}"),
        ConfigError::At { error, .. } => rule(error),
        error => error.to_string(),
    }
}
