//! The table at the end.

use std::fmt;
use std::time::Duration;

/// What each step took.
#[derive(Debug, Default)]
pub(super) struct Times {
    steps: Vec<(&'static str, Duration)>,
}

impl Times {
    pub(super) fn add(&mut self, step: &'static str, elapsed: Duration) {
        self.steps.push((step, elapsed));
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (step, elapsed) in &self.steps {
            writeln!(f, "{step:<14}{:>9.1} s", elapsed.as_secs_f64())?;
        }
        let total: Duration = self.steps.iter().map(|(_, elapsed)| *elapsed).sum();
        write!(f, "{:<14}{:>9.1} s", "total", total.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_ends_with_the_sum() {
        let mut times = Times::default();
        times.add("tidy", Duration::from_millis(500));
        times.add("lint", Duration::from_secs(90));
        let expected =
            ["tidy                0.5 s", "lint               90.0 s", "total              90.5 s"];
        assert_eq!(times.to_string(), expected.join("\n"));
    }
}
