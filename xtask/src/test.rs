//! `cargo xtask test`: every check, in the order in which they are cheapest to fail. The table of
//! steps is in `test/step.rs`, what each one runs in `test/runner.rs`.

mod clock;
mod runner;
mod selection;
mod step;
mod times;

use anyhow::Context;
use clap::{Args, ValueEnum};

use self::clock::Stopwatch;
use self::runner::Runner;
use self::step::Step;
use self::times::Times;
use crate::output;
use crate::workspace::Workspace;

/// Which steps to run, and how.
#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// How the tests run: `ci` builds without incremental data and repeats what failed, `nightly` draws
    /// by the hundred what is otherwise drawn by the ten, and takes hours.
    #[arg(long, value_enum, default_value_t = Profile::Default)]
    profile: Profile,
    /// Run this step alone.
    #[arg(long, value_enum, conflicts_with = "from")]
    only: Option<Step>,
    /// Run this step and all that follow.
    #[arg(long, value_enum)]
    from: Option<Step>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    Default,
    Ci,
    Nightly,
}

impl Plan {
    fn steps(&self) -> Vec<Step> {
        let first = self.only.or(self.from);
        let steps = Step::ALL.iter().copied().skip_while(|&step| first.is_some_and(|f| f != step));
        match self.only {
            Some(_) => steps.take(1).collect(),
            None => steps.filter(|step| step.belongs_to(self.profile)).collect(),
        }
    }
}

/// Runs the steps of the plan and stops at the first that fails.
pub(crate) fn run(plan: &Plan, workspace: Workspace) -> anyhow::Result<()> {
    let runner = Runner::new(plan.profile, workspace);
    let steps = plan.steps();
    let mut times = Times::default();
    for (index, &step) in steps.iter().enumerate() {
        output::line(format_args!(
            "\n=== {} ({}/{}): {}",
            step.name(),
            index + 1,
            steps.len(),
            step.purpose()
        ));
        let watch = Stopwatch::start();
        let outcome = runner.perform(step);
        let elapsed = watch.elapsed();
        output::line(format_args!("=== {}: {:.1} s", step.name(), elapsed.as_secs_f64()));
        times.add(step.name(), elapsed);
        if let Err(error) = outcome {
            output::line(format_args!("\n{times}"));
            return Err(error).with_context(|| format!("step `{}` failed", step.name()));
        }
    }
    output::line(format_args!("\n{times}"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(only: Option<Step>, from: Option<Step>) -> Plan {
        Plan { profile: Profile::Default, only, from }
    }

    #[test]
    fn without_a_choice_every_step_runs_and_the_fuzzer_at_night() {
        let (fuzz, others) = Step::ALL.split_last().unwrap();
        assert_eq!(plan(None, None).steps(), others);
        assert_eq!(plan(Some(*fuzz), None).steps(), [Step::Fuzz]);
        let nightly = Plan { profile: Profile::Nightly, ..plan(None, None) };
        assert_eq!(nightly.steps(), Step::ALL);
    }

    #[test]
    fn only_picks_one_step() {
        assert_eq!(plan(Some(Step::Tidy), None).steps(), [Step::Tidy]);
    }

    #[test]
    fn from_runs_a_step_and_what_follows() {
        let steps = plan(None, Some(Step::Build)).steps();
        assert_eq!(steps, [Step::Build, Step::Clients, Step::TestSandbox]);
    }
}
