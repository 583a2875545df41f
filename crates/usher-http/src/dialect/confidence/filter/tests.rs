use proptest::prelude::*;

use super::*;

#[test]
fn an_invalid_filter_says_why() {
    let long = format!("\"{}\"", "x".repeat(LENGTH));
    let many = vec!["x"; TERMS + 1].join(" ");
    let deep = "(".repeat(DEPTH + 1) + "x" + &")".repeat(DEPTH + 1);
    for (text, why) in [
        ("state:x", "has an unknown field: `state`"),
        ("labels.:x", "has an unknown field: `labels.`"),
        ("invited*:x", "has an unknown field: `invited*`"),
        ("_exists_:nothing", "has an unknown field: `nothing`"),
        ("_exists_=inviter", "has an unknown field: `_exists_`"),
        (":x", "lacks a term"),
        ("= x", "lacks a term"),
        ("a AND", "lacks a term"),
        ("a OR", "lacks a term"),
        ("NOT", "lacks a term"),
        ("-", "lacks a term"),
        ("()", "lacks a term"),
        ("AND a", "has an operator where a term should stand"),
        ("a OR AND b", "has an operator where a term should stand"),
        ("NOT NOT a", "has an operator where a term should stand"),
        ("inviter:", "lacks a value after an operator"),
        ("inviter: )", "lacks a value after an operator"),
        ("inviter:(a OR b)", "lacks a value after an operator"),
        ("(a", "has a `(` without its `)`"),
        ("a)", "has a `)` without its `(`"),
        ("\"a", "has a `\"` without its other one"),
        ("a\\", "ends in a backslash"),
        ("\"a\":b", "must have a field, not a value, to the left of an operator"),
        ("inviter<a", "has an order where there is none"),
        ("labels.a>=b", "has an order where there is none"),
        ("disableInvitationEmail>true", "has an order where there is none"),
        ("inviter:[a TO b]", "has a range of a field without order"),
        ("ttl:[1s 2s]", "has a range without ` TO `"),
        ("ttl:[1s TO 2s", "has a range without its `]` or `}`"),
        ("ttl:86400", "must have a duration such as `604800s`: `86400`"),
        ("ttl:1*", "must have a duration such as `604800s`: `1*`"),
        ("createTime>2026-01-02", "must have a time such as `2026-01-02T12:00:00Z`: `2026-01-02`"),
        ("disableInvitationEmail:1", "must have true or false for `disableInvitationEmail`"),
        ("disableInvitationEmail=*", "must have true or false for `disableInvitationEmail`"),
        ("labels:*", "must have `labels:key` or `labels.key` and an operator"),
        ("labels=x", "must have `labels:key` or `labels.key` and an operator"),
        ("inviter:users/1", "must have the name of an inviter, not `users/…`"),
        ("a\0b", "must not contain NUL"),
        (&long, "must not be longer than 2000 characters"),
        (&many, "must not have more than 64 terms"),
        (&deep, "must not have parentheses deeper than 16"),
    ] {
        assert_eq!(parse(text).unwrap_err().0, why, "{text}");
    }
}

#[test]
fn every_field_has_two_spellings() {
    for field in
        ["invitedEmail", "createTime", "updateTime", "expirationTime", "disableInvitationEmail"]
    {
        let other = crate::dialect::confidence::json::snake(field);
        let both = [field, &other].map(|it| parse(&format!("{it}:*")).unwrap());
        assert_eq!(both[0], both[1]);
    }
}

/// Pieces that filters are made of, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-z]{0,3}",
        prop::sample::select(vec![
            " ",
            "(",
            ")",
            "\"",
            "\\",
            "*",
            ":",
            "=",
            "!=",
            "<",
            "<=",
            ">",
            ">=",
            "[",
            "]",
            "{",
            "}",
            " TO ",
            "AND ",
            "OR ",
            "NOT ",
            "-",
            "+",
            "inviter",
            "ttl",
            "createTime",
            "labels.a",
            "labels",
            "name:userInvitations/",
            "_exists_:",
            "1s",
            "2026-01-02T12:00:00Z",
            "ü",
            "true",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|it| it.concat())
}

proptest! {
    #[test]
    fn any_text_is_a_filter_or_is_not(text in any::<String>()) {
        let _ = parse(&text);
    }

    #[test]
    fn any_mix_of_pieces_is_a_filter_or_is_not(text in pieces()) {
        let _ = parse(&text);
    }

    #[test]
    fn a_quoted_value_is_taken_as_it_is(text in "[^\0]{0,40}") {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        let Filter::And(both) = parse(&format!("labels.a:\"{quoted}\"")).unwrap() else {
            panic!("what has a value")
        };
        let equal = InvitationCondition::Label("a".to_owned(), TextMatch::Equals(text));
        prop_assert_eq!(&both[1], &Filter::Is(equal));
    }
}
