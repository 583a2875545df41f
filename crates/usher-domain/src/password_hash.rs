//! Which hashes of passwords are taken from other systems: those that sign-in can verify, at a cost that
//! is no burden on whoever else signs in.

/// Why a hash is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPasswordHash {
    #[error("is neither a PHC string of argon2 nor a bcrypt hash")]
    Form,
    #[error(
        "must not cost more than bcrypt with cost {BCRYPT_COST} or argon2 with m={ARGON2_MEMORY}, \
         t={ARGON2_PASSES} and p={ARGON2_LANES}"
    )]
    Cost,
}

/// About a second on one core.
const BCRYPT_COST: u32 = 14;
/// In KiB: 64 MiB.
const ARGON2_MEMORY: u32 = 64 * 1024;
const ARGON2_PASSES: u32 = 4;
const ARGON2_LANES: u32 = 4;

/// Checks that a text is a password hash that sign-in can verify: bcrypt in its four spellings, or
/// argon2 as a PHC string with salt and hash, at most 512 bytes; and that verifying it costs no more
/// than the rule of [`BadPasswordHash::Cost`] allows.
pub fn check_password_hash(text: &str) -> Result<(), BadPasswordHash> {
    if text.len() > 512 {
        return Err(BadPasswordHash::Form);
    }
    let within = if let Some(cost) = bcrypt_cost(text) {
        cost <= BCRYPT_COST
    } else {
        let it = Argon2Cost::read(text).ok_or(BadPasswordHash::Form)?;
        it.memory <= ARGON2_MEMORY && it.passes <= ARGON2_PASSES && it.lanes <= ARGON2_LANES
    };
    if within { Ok(()) } else { Err(BadPasswordHash::Cost) }
}

/// The cost of a bcrypt hash; `None` for anything else.
fn bcrypt_cost(text: &str) -> Option<u32> {
    let rest = ["$2a$", "$2b$", "$2x$", "$2y$"].iter().find_map(|it| text.strip_prefix(it))?;
    let (cost, hash) = rest.split_once('$')?;
    let is_whole = cost.len() == 2 && hash.len() == 53;
    let is_coded = |it: u8| it.is_ascii_alphanumeric() || b"./".contains(&it);
    let cost = number(cost)?;
    (cost >= 4 && is_whole && hash.bytes().all(is_coded)).then_some(cost)
}

/// What verifying an argon2 hash costs.
struct Argon2Cost {
    /// In KiB.
    memory: u32,
    passes: u32,
    lanes: u32,
}

impl Argon2Cost {
    /// Reads `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`, where the version may be missing.
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix('$')?.split('$').peekable();
        if !["argon2d", "argon2i", "argon2id"].contains(&parts.next()?) {
            return None;
        }
        parts.next_if(|it| ["v=16", "v=19"].contains(it));
        let mut parameters = parts.next()?.split(',');
        let mut parameter = |name| number(parameters.next()?.strip_prefix(name)?);
        let (memory, passes, lanes) = (parameter("m=")?, parameter("t=")?, parameter("p=")?);
        let is_possible = passes > 0 && lanes > 0 && memory / 8 >= lanes;
        let (salt, hash) = (parts.next()?, parts.next()?);
        let is_coded = |it: &str, least: usize, most: usize| {
            let fits = |it: u8| it.is_ascii_alphanumeric() || b"+/".contains(&it);
            // Base64 has no length of this kind.
            (least..=most).contains(&it.len()) && it.len() % 4 != 1 && it.bytes().all(fits)
        };
        let is_whole = is_coded(salt, 11, 64) && is_coded(hash, 14, 86);
        let ends = parameters.next().is_none() && parts.next().is_none();
        (is_possible && is_whole && ends).then_some(Self { memory, passes, lanes })
    }
}

fn number(digits: &str) -> Option<u32> {
    let is_number = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAIL: &str = "dXNoZXIga25vd3Mgbm9uZQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn what_costs_no_more_than_is_bearable_is_taken() {
        for spelling in ["2a", "2b", "2x", "2y"] {
            let hash = format!("${spelling}$14${}", "a".repeat(53));
            assert_eq!(check_password_hash(&hash), Ok(()), "{hash}");
        }
        for head in
            ["argon2id$v=19$m=65536,t=4,p=4", "argon2i$v=19$m=8,t=1,p=1", "argon2d$m=4096,t=3,p=1"]
        {
            assert_eq!(check_password_hash(&format!("${head}${TAIL}")), Ok(()), "{head}");
        }
    }

    #[test]
    fn what_costs_more_is_refused_for_its_cost() {
        let bcrypt = |cost: &str| format!("$2b${cost}${}", "a".repeat(53));
        let argon2 = |costs: &str| format!("$argon2id$v=19${costs}${TAIL}");
        for hash in [
            bcrypt("15"),
            bcrypt("31"),
            argon2("m=65537,t=1,p=1"),
            argon2("m=262144,t=1,p=1"),
            argon2("m=8192,t=5,p=1"),
            argon2("m=8192,t=1,p=5"),
            argon2("m=99999999999999999999,t=1,p=1"),
        ] {
            let error = check_password_hash(&hash).unwrap_err();
            assert_eq!(error, BadPasswordHash::Cost, "{hash}");
        }
        assert_eq!(
            BadPasswordHash::Cost.to_string(),
            "must not cost more than bcrypt with cost 14 or argon2 with m=65536, t=4 and p=4"
        );
    }

    #[test]
    fn what_sign_in_cannot_verify_is_refused_for_its_form() {
        let argon2 = |rest: &str| format!("$argon2id${rest}");
        for hash in [
            String::new(),
            "plain".to_owned(),
            "$2b$12$short".to_owned(),
            format!("$2b$1$2{}", "a".repeat(53)),
            format!("$2b$12${}", "!".repeat(53)),
            "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD"
                .to_owned(),
            argon2(&format!("v=19$m=4096,t=0,p=1${TAIL}")),
            argon2(&format!("v=19$m=16,t=1,p=4${TAIL}")),
            argon2(&format!("v=19$m=4096,t=1${TAIL}")),
            argon2(&format!("v=19$m=+4096,t=1,p=1${TAIL}")),
            argon2(&format!("v=19$m=4096,t=1,p=1,x=1${TAIL}")),
            argon2(&format!("v=19$m=4096,t=1,p=1${TAIL}$")),
            argon2("v=19$m=4096,t=1,p=1$dXNoZXIga25vd3Mgbm9uZQ"),
            argon2(&format!("v=19$m=4096,t=1,p=1$dXNoZXIga25vd3Mgbm9uZQ${}", "A".repeat(500))),
        ] {
            let error = check_password_hash(&hash).unwrap_err();
            assert_eq!(error, BadPasswordHash::Form, "{hash}");
        }
    }
}
