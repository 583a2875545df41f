//! Lists of values with weights, as in `Accept` and `Accept-Language` (RFC 9110, section 12.4.2).

use axum::http::{HeaderMap, HeaderName};

/// The values of a header and their weights from 0 to 1, in the order in which they were sent. A
/// value without a weight weighs 1. A value is left out if its weight is not a number from 0 to 1.
/// Parameters other than the weight are ignored.
pub(crate) fn weighted(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = (&str, f32)> {
    let lines = headers.get_all(name).into_iter().filter_map(|it| it.to_str().ok());
    lines.flat_map(|it| split(it, ',')).filter_map(value)
}

fn value(text: &str) -> Option<(&str, f32)> {
    let mut parts = split(text, ';').map(str::trim);
    let value = parts.next().filter(|it| !it.is_empty())?;
    let weight = parts.find_map(|it| {
        let (name, weight) = it.split_once('=')?;
        name.eq_ignore_ascii_case("q").then_some(weight)
    });
    let weight = weight.map_or(Ok(1.0), str::parse).ok()?;
    (0.0..=1.0).contains(&weight).then_some((value, weight))
}

/// Splits outside of quoted strings.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |it| {
        is_quoted ^= it == '"';
        it == separator && !is_quoted
    })
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header::ACCEPT};

    use super::*;

    #[test]
    fn values_have_weights_and_what_is_malformed_is_left_out() {
        let table: [(&[&str], &str); 9] = [
            (&["de"], "de 1"),
            (&["de;q=0.5, en"], "de 0.5, en 1"),
            (&["de", "en;q=0"], "de 1, en 0"),
            (&[" de ; Q=0.25 "], "de 0.25"),
            (&["text/html;level=1;q=0.7"], "text/html 0.7"),
            (&[r#"a/b;c="x,y;q=0";q=0.3, d/e"#], "a/b 0.3, d/e 1"),
            (&["de;q=x, en;q=2, fr;q=-1, it;q=NaN, es;q="], ""),
            (&["", ",;, ;q=1"], ""),
            (&[], ""),
        ];
        for (lines, expected) in table {
            let headers: HeaderMap =
                lines.iter().map(|it| (ACCEPT, HeaderValue::from_static(it))).collect();
            let values = weighted(&headers, ACCEPT).map(|(it, weight)| format!("{it} {weight}"));
            assert_eq!(values.collect::<Vec<_>>().join(", "), expected, "{lines:?}");
        }
    }
}
