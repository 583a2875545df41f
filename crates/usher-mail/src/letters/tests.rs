use usher_domain::Letter;

use super::*;
use crate::{
    render::{built_in, custom_check::variables_of},
    test_letters::{letter, welcome},
};

#[test]
fn every_text_that_a_letter_declares_exists() {
    for variables in sample_kinds().into_iter().flat_map(variables_of) {
        for name in variables.try_iter().unwrap() {
            assert_ne!(variables.get_item(&name).unwrap().to_string(), "", "{name}");
        }
    }
}

#[test]
fn what_a_letter_does_not_declare_is_left_out() {
    let expected = welcome("en", None);
    let Letter { inviter, message, .. } = letter("en");
    let more = Letter { inviter, message, ..expected.clone() };
    assert_eq!(built_in::render(&more).unwrap(), built_in::render(&expected).unwrap());
}

#[test]
fn no_two_letters_are_rendered_in_one_template_by_default() {
    let kinds = sample_kinds();
    for (at, kind) in kinds.iter().enumerate() {
        let is_other =
            |it: &&LetterKind| std::mem::discriminant(*it) != std::mem::discriminant(kind);
        let mut others = kinds[at + 1..].iter().filter(is_other);
        let template = define(kind).template;
        assert!(template.is_none() || others.all(|it| define(it).template != template));
    }
}
