use proptest::prelude::*;

use super::*;

/// The comparison itself is the test, so that one sees how it was read.
type Read = Filter<String>;

const FIELDS: &[Field<String>] = &[
    Field {
        name: "a",
        operators: &[Operator::Eq, Operator::Ne, Operator::In, Operator::Sw],
        holds: |it| said("a", it),
    },
    Field {
        name: "b",
        operators: &[Operator::Eq, Operator::IsNull, Operator::Pr],
        holds: |it| said("b", it),
    },
];

fn said(name: &str, ask: &Comparison<'_>) -> Read {
    Filter::Is(match ask {
        Comparison::Is(it) => format!("{name}={it}"),
        Comparison::Begins(it) => format!("{name}^{it}"),
        Comparison::HasNone => format!("{name}-"),
    })
}

fn parsed(text: &str) -> Result<Read> {
    parse(text, FIELDS)
}

/// With every parenthesis that there could be.
fn shown(filter: &Read) -> String {
    let all = |them: &[Read], word: &str| {
        let them: Vec<_> = them.iter().map(shown).collect();
        format!("({})", them.join(word))
    };
    match filter {
        Filter::Everything => "everything".to_owned(),
        Filter::And(them) => all(them, " and "),
        Filter::Or(them) => all(them, " or "),
        Filter::Not(it) => format!("not {}", shown(it)),
        Filter::Is(it) => it.clone(),
    }
}

#[test]
fn filters_are_read_as_the_grammar_has_it() {
    for (text, read) in [
        ("", "everything"),
        ("  ", "everything"),
        (r#"a eq "x""#, "a=x"),
        (r#" a  eq  "x" "#, "a=x"),
        (r#"a eq"x""#, "a=x"),
        ("a eq true", "a=true"),
        ("a eq -1.5", "a=-1.5"),
        (r#"a ne "x""#, "not a=x"),
        (r#"a sw "x""#, "a^x"),
        (r#"a in ("x")"#, "a=x"),
        (r#"a in("x","y" , "z")"#, "(a=x or a=y or a=z)"),
        ("b isnull", "b-"),
        ("pr b", "not b-"),
        ("not pr b", "not not b-"),
        (r#"a eq "x" and b isnull"#, "(a=x and b-)"),
        (r#"a eq "1" or a eq "2" and a eq "3""#, "(a=1 or (a=2 and a=3))"),
        (r#"a eq "1" and a eq "2" or a eq "3""#, "((a=1 and a=2) or a=3)"),
        (r#"not a eq "1" and a eq "2""#, "(not a=1 and a=2)"),
        (r#"not a eq "1" or a eq "2""#, "(not a=1 or a=2)"),
        (r#"not (a eq "1" or a eq "2")"#, "not (a=1 or a=2)"),
        (r#"not not a eq "1""#, "not not a=1"),
        (r#"not(a eq "1")and(b isnull)or a eq "2""#, "((not a=1 and b-) or a=2)"),
        (r#"((a eq "1"))"#, "a=1"),
        (r#"a eq "and or not (b isnull)""#, "a=and or not (b isnull)"),
        (r#"a eq "say \"x\" \\ y""#, r#"a=say "x" \ y"#),
        (r#"a eq "ü, ) ' „""#, "a=ü, ) ' „"),
    ] {
        assert_eq!(shown(&parsed(text).unwrap()), read, "{text}");
    }
}

#[test]
fn an_invalid_filter_says_why() {
    let long = "x".repeat(LENGTH + 1);
    let many = vec![r#"a eq "x""#; TERMS + 1].join(" or ");
    let values = format!("a in ({})", vec![r#""x""#; VALUES + 1].join(","));
    let deep = format!(r#"{}a eq "x"{}"#, "(".repeat(DEPTH + 1), ")".repeat(DEPTH + 1));
    let negated = format!(r#"{}a eq "x""#, "not ".repeat(DEPTH + 1));
    for (text, why) in [
        (r#"c eq "x""#, "cannot be by `c`; it can be by a, b"),
        (r#"A eq "x""#, "cannot be by `A`; it can be by a, b"),
        ("pr c", "cannot be by `c`; it can be by a, b"),
        (r#"b sw "x""#, "must not have `sw` for `b`, which takes eq, isnull, pr"),
        (r#"a gt "x""#, "must not have `gt` for `a`, which takes eq, ne, in, sw"),
        ("a isnull", "must not have `isnull` for `a`, which takes eq, ne, in, sw"),
        ("pr a", "must not have `pr` for `a`, which takes eq, ne, in, sw"),
        (
            r#"a EQ "x""#,
            "has `EQ` for an operator; there are, in lower case, \
             eq, ne, gt, ge, lt, le, co, sw, in, ca, pr, isnull",
        ),
        (
            r#"a "x""#,
            "has `` for an operator; there are, in lower case, \
             eq, ne, gt, ge, lt, le, co, sw, in, ca, pr, isnull",
        ),
        (r#""x" eq a"#, "must have a field, not a value, before an operator"),
        ("not", "lacks a comparison"),
        ("()", "lacks a comparison"),
        (r#"a eq "x" and"#, "lacks a comparison"),
        (r#"or a eq "x""#, "lacks a comparison"),
        (r#"a eq "x" and or b isnull"#, "lacks a comparison"),
        ("a eq", "lacks a value after an operator"),
        ("a in ()", "lacks a value after an operator"),
        ("a eq x", "must have `x` in double quotes"),
        ("a eq 'x'", "must have `'x'` in double quotes"),
        (r#"a in "x""#, r#"must have a list such as ("a", "b") after `in`"#),
        (r#"a in ("x" "y")"#, "must have a comma between two values, and a `)` after the last"),
        (r#"a in ("x""#, "must have a comma between two values, and a `)` after the last"),
        (r#"a eq "x"#, "has a `\"` without its other one"),
        (r#"a eq "x\""#, "has a `\"` without its other one"),
        (r#"a eq "x\"#, "has a `\"` without its other one"),
        (r#"(a eq "x""#, "has a `(` without its `)`"),
        (r#"a eq "x")"#, "has a `)` without its `(`"),
        (r#"a eq "x" b isnull"#, "must have `and` or `or` between two comparisons"),
        (r#"a eq "x" AND b isnull"#, "must have `and` or `or` between two comparisons"),
        ("a eq \"\0\"", "must not contain NUL"),
        (&long, "must not be longer than 20000 characters"),
        (&many, "must not have more than 64 comparisons"),
        (&values, "must not have more than 250 values in lists"),
        (&deep, "must not be nested deeper than 16"),
        (&negated, "must not be nested deeper than 16"),
    ] {
        assert_eq!(parsed(text).unwrap_err().0, why, "{text}");
    }
}

#[test]
fn as_many_ids_as_a_list_may_have_can_be_asked_for() {
    let ids = vec![r#""2c9180867769897d01776ed5f125512f""#; VALUES].join(", ");
    assert!(parsed(&format!("a in ({ids})")).is_ok());
}

/// Pieces that filters are made of, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let pieces = [
        " ",
        "(",
        ")",
        "\"",
        "\\",
        ",",
        "a",
        "b",
        "eq",
        "ne",
        "sw",
        "in",
        "isnull",
        "pr",
        "and",
        "or",
        "not",
        "\"x\"",
        "true",
        "1",
        "ü",
        "(\"x\",\"y\")",
    ];
    let piece = prop::sample::select(pieces.to_vec());
    prop::collection::vec(piece, 0..24).prop_map(|it| it.join(" "))
}

/// Filters that are right, at most this deep.
fn filters(depth: u32) -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![r#"a eq "1""#, r#"a sw "2""#, "b isnull", "pr b"]);
    leaf.prop_map(str::to_owned).prop_recursive(depth, 16, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|it| format!("not ({it})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} and {b}")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{a} or {b}")),
        ]
    })
}

/// Whether a filter lets through what has `a=1` and has no `b`.
fn passes(filter: &Read) -> bool {
    match filter {
        Filter::Everything => true,
        Filter::And(them) => them.iter().all(passes),
        Filter::Or(them) => them.iter().any(passes),
        Filter::Not(it) => !passes(it),
        Filter::Is(it) => ["a=1", "b-"].contains(&it.as_str()),
    }
}

/// The same by another way: cut at each `or` outside parentheses, then at each `and`.
fn expected(text: &str) -> bool {
    let cut = |text: &str, word: &str| -> Vec<String> {
        let mut parts = vec![String::new()];
        let mut depth = 0;
        for token in text.split_inclusive(' ') {
            if depth == 0 && token.trim() == word {
                parts.push(String::new());
                continue;
            }
            depth += token.matches('(').count();
            depth -= token.matches(')').count();
            if let Some(part) = parts.last_mut() {
                part.push_str(token);
            }
        }
        parts
    };
    let one = |text: &str| match text.trim().strip_prefix("not (") {
        Some(inner) => !expected(inner.strip_suffix(')').unwrap()),
        None => [r#"a eq "1""#, "b isnull"].contains(&text.trim()),
    };
    cut(text, "or").iter().any(|it| cut(it, "and").iter().all(|it| one(it)))
}

proptest! {
    #[test]
    fn any_text_is_a_filter_or_is_not(text in any::<String>()) {
        let _ = parsed(&text);
    }

    #[test]
    fn any_mix_of_pieces_is_a_filter_or_is_not(text in pieces()) {
        let _ = parsed(&text);
    }

    #[test]
    fn a_quoted_value_is_taken_as_it_is(text in "[^\0]{0,40}") {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        let read = parsed(&format!("a eq \"{quoted}\"")).unwrap();
        prop_assert_eq!(read, Filter::Is(format!("a={text}")));
    }

    #[test]
    fn not_binds_tighter_than_and_and_that_tighter_than_or(text in filters(3)) {
        prop_assert_eq!(passes(&parsed(&text).unwrap()), expected(&text), "{}", text);
    }
}
