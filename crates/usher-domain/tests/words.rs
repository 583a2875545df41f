//! The words of enums are stored in databases and files, and shown: they stay the same.

use std::str::FromStr;

use strum::VariantArray;
use usher_domain::{
    Action, Address, Authority, Completion, DeliveryOutcome, Lane, OrphanPolicy, ResendPolicy,
    State, Status, TaskKind, UserStatus,
};

/// Holds that the variants have these words, in this order, and are read by them alone.
fn assert_words<T>(expected: &str)
where
    T: VariantArray + Copy + PartialEq + FromStr + Into<&'static str>,
{
    let words: Vec<&str> = T::VARIANTS.iter().map(|it| (*it).into()).collect();
    assert_eq!(words.join(" "), expected);
    for (word, variant) in words.iter().zip(T::VARIANTS) {
        assert!(word.parse::<T>().is_ok_and(|it| it == *variant), "{word}");
        for other in [format!("{word} "), format!("{}x", word.to_lowercase()), String::new()] {
            assert!(other.parse::<T>().is_err(), "{other}");
        }
    }
}

#[test]
fn the_words_of_enums_stay_the_same() {
    assert_words::<Action>(
        "invited accepted declined revoked resent lapsed signed_in signed_out credential_created \
         credential_revoked imported invite_failed reset mailbox_proven account_recovered password_changed task_submitted task_cleared \
         profile_changed user_added user_disabled member_added member_changed member_removed \
         organization_created organization_changed organization_removed role_created \
         role_changed role_removed invitation_changed tenant_changed sign_in_failed throttled denied \
         exported",
    );
    assert_words::<Address>("work personal");
    assert_words::<Authority>("ORG_ADMIN HELPDESK INVITER READER");
    assert_words::<Completion>("success warning error terminated interrupted");
    assert_words::<DeliveryOutcome>("sent deferred failed");
    assert_words::<Lane>("letters tasks");
    assert_words::<OrphanPolicy>("keep revoke transfer");
    assert_words::<ResendPolicy>("rotate keep grace");
    assert_words::<State>("pending expired accepted declined revoked");
    assert_words::<Status>("pending accepted declined revoked lapsed");
    assert_words::<TaskKind>("invite automatic repeat");
    assert_words::<UserStatus>("unregistered pending active disabled");
}

#[test]
fn an_unknown_word_is_told_all_that_are_known() {
    fn assert_listed<T: VariantArray + Copy + Into<&'static str>>(error: &str) {
        let words: Vec<&str> = T::VARIANTS.iter().map(|it| (*it).into()).collect();
        assert_eq!(error, format!("not one of {}", words.join(", ")));
    }
    assert_listed::<Address>(&"x".parse::<Address>().unwrap_err().to_string());
    assert_listed::<Authority>(&"x".parse::<Authority>().unwrap_err().to_string());
    assert_listed::<OrphanPolicy>(&"x".parse::<OrphanPolicy>().unwrap_err().to_string());
    assert_listed::<ResendPolicy>(&"x".parse::<ResendPolicy>().unwrap_err().to_string());
    assert_listed::<UserStatus>(&"x".parse::<UserStatus>().unwrap_err().to_string());
}

#[test]
fn an_authority_is_shown_as_its_word() {
    assert_eq!(format!("{:>10}", Authority::Reader), "    READER");
}
