//! Whether two samples of durations differ, whatever their distributions are: the test of Mann and
//! Whitney.

use std::time::Duration;

/// How far the ranks of one sample are from those that chance gives it, in standard deviations: positive
/// if it is the slower one. With a normal approximation, which is good from twenty durations on.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "samples are far smaller than 2⁵²")]
pub fn rank_difference(one: &[Duration], other: &[Duration]) -> f64 {
    let wins = one.iter().map(|it| {
        let halves = |them: &Duration| match it.cmp(them) {
            std::cmp::Ordering::Less => 0_u32,
            std::cmp::Ordering::Equal => 1,
            std::cmp::Ordering::Greater => 2,
        };
        other.iter().map(halves).sum::<u32>()
    });
    let u = f64::from(wins.sum::<u32>()) / 2.0;
    let (n, m) = (one.len() as f64, other.len() as f64);
    (u - n * m / 2.0) / (n * m * (n + m + 1.0) / 12.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hundred durations from there on, spread over 100 ms, in no order.
    fn spread(from: u64) -> Vec<Duration> {
        (0..100).map(|it| Duration::from_millis(from + (it * 37) % 100)).collect()
    }

    #[test]
    fn samples_that_differ_are_told_apart_and_others_are_not() {
        assert!(rank_difference(&spread(400), &spread(400)).abs() < 0.01);
        assert!(rank_difference(&spread(403), &spread(400)).abs() < 2.0);
        assert!(rank_difference(&spread(440), &spread(400)) > 6.0);
        assert!(rank_difference(&spread(400), &spread(440)) < -6.0);
        // Also by a little, where they spread little.
        let steady = |at| vec![Duration::from_millis(at); 100];
        assert!(rank_difference(&steady(401), &steady(400)) > 6.0);
    }
}
