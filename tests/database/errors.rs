//! Which transactions are run again.

use whmcs_api::database::errors::{LatePreparation, LateRuns};

#[test]
fn a_transaction_is_run_again_a_few_times_if_it_was_only_late() {
    let late = || Err::<(), sqlx::Error>(LatePreparation.into());
    for (ends, runs) in [
        (vec![Ok(())], 1),
        (vec![Err(sqlx::Error::RowNotFound)], 1),
        (vec![late(), Ok(())], 2),
        (vec![late(), late(), Err(sqlx::Error::PoolTimedOut), Ok(())], 3),
        ((0..9).map(|_| late()).collect(), 5),
    ] {
        let mut late_runs = LateRuns::default();
        assert_eq!(ends.iter().take_while(|ended| late_runs.run_again(ended)).count() + 1, runs, "{ends:?}");
    }
}
