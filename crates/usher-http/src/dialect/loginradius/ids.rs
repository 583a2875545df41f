//! The ids of this API: a prefix for each kind of resource, and characters of base 62.

use usher_application::Entropy;
use usher_domain::{InvitationId, OrganizationId, RoleId, UserId};

use super::fault::{Fault, Result};

const OF_INVITATIONS: &str = "inv_";
/// How many characters follow after the prefix of an id.
const LENGTH: u32 = 16;
const DIGITS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

pub(super) fn invitation(id: InvitationId) -> String {
    format!("{OF_INVITATIONS}{id}")
}

fn is_blank(id: &str) -> bool {
    id.trim().is_empty()
}

pub(super) fn of_invitation(text: &str) -> Result<InvitationId> {
    if is_blank(text) {
        return Err(Fault::no_invitation_id());
    }
    let id = text.strip_prefix(OF_INVITATIONS).and_then(|it| it.parse().ok());
    id.ok_or_else(Fault::no_invitation)
}

pub(super) fn of_organization(text: &str) -> Result<OrganizationId> {
    if is_blank(text) {
        return Err(Fault::no_organization_id());
    }
    OrganizationId::parse(text).map_err(|_| Fault::no_organization())
}

pub(super) fn of_role(text: &str) -> Result<RoleId> {
    if is_blank(text) {
        return Err(Fault::no_role_id());
    }
    RoleId::parse(text).map_err(|_| Fault::no_role())
}

pub(super) fn of_user(text: &str) -> Result<UserId> {
    if is_blank(text) {
        return Err(Fault::no_user_id());
    }
    UserId::parse(text).map_err(|_| Fault::no_user())
}

/// Names one role that one user has in one organization, or in the tenant itself if that is empty:
/// always the same for the same.
pub(super) fn user_role(user: &UserId, organization: &str, role: &str) -> String {
    // FNV-1a of 128 bits.
    let (offset, prime) =
        (0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, 0x0100_0000_0000_0000_0000_013b);
    let named = format!("{user}\0{organization}\0{role}");
    let mixed =
        named.bytes().fold(offset, |sum: u128, it| (sum ^ u128::from(it)).wrapping_mul(prime));
    format!("user_role_{}", digits(mixed))
}

/// A new id of the kind that the prefix names; each is as likely as any other.
pub(super) fn opaque(prefix: &str, entropy: &dyn Entropy) -> String {
    let all = u128::from(62_u8).pow(LENGTH);
    loop {
        let secret = entropy.secret();
        let drawn = secret.iter().skip(16).fold(0, |sum, it| sum << 8 | u128::from(*it));
        // Numbers past the last multiple of all ids would make some ids more likely than others.
        if drawn < u128::MAX - u128::MAX % all {
            return format!("{prefix}{}", digits(drawn));
        }
    }
}

/// The last digits of a number to the base of 62.
fn digits(mut number: u128) -> String {
    let digit = |_| {
        let digit = usize::try_from(number % 62).unwrap_or(0);
        number /= 62;
        char::from(DIGITS[digit])
    };
    (0..LENGTH).map(digit).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use usher_application::testing::SequentialIds;

    use super::*;

    /// Draws these one after the other.
    struct Fixed(std::sync::Mutex<Vec<[u8; 32]>>);

    impl Entropy for Fixed {
        fn id(&self) -> uuid::Uuid {
            uuid::Uuid::nil()
        }

        fn secret(&self) -> [u8; 32] {
            self.0.lock().unwrap().remove(0)
        }
    }

    #[test]
    fn ids_differ_and_what_would_favour_some_is_drawn_anew() {
        let counter = SequentialIds::default();
        let ids: HashSet<_> = (0..1_000).map(|_| opaque("org_", &counter)).collect();
        assert_eq!(ids.len(), 1_000);
        let fixed = Fixed(std::sync::Mutex::new(vec![[0xff; 32], [0; 32]]));
        assert_eq!(opaque("org_", &fixed), "org_AAAAAAAAAAAAAAAA");
    }

    #[test]
    fn the_same_role_of_the_same_user_at_the_same_place_has_the_same_id() {
        let user = |it| UserId::parse(it).unwrap();
        let id = user_role(&user("ada"), "org_1", "role_1");
        assert_eq!(id, "user_role_xLjXsVW1vbcC7A5y");
        let others =
            [("ad", "aorg_1", "role_1"), ("ada", "org_1role_1", ""), ("ada", "", "role_1")];
        for (who, organization, role) in others {
            assert_ne!(user_role(&user(who), organization, role), id);
        }
    }
}
