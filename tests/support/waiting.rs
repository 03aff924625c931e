//! Waiting for a condition. How long it takes is the machine's affair: a test that passes on an idle machine passes on a
//! busy one. So no test sleeps for a time that should be long enough, and none fails because a deadline was short.

use std::panic::Location;
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

/// How long a condition may take to hold before the test is taken to hang. A machine that works never gets there.
pub const HANG: Duration = Duration::from_mins(3);
/// A time limit of the program that is not to end anything in a test.
pub const NEVER_SECONDS: u64 = 3600;

const PAUSE: Duration = Duration::from_millis(20);

/// Tries again until an attempt succeeds, and returns what came of it. A test that hangs prints the last error.
#[track_caller]
pub fn until_ok<T>(mut attempt: impl AsyncFnMut() -> Result<T, String>) -> impl Future<Output = T> {
    let caller = Location::caller();
    async move {
        let start = Instant::now();
        loop {
            match attempt().await {
                Ok(value) => return value,
                Err(error) => assert!(start.elapsed() < HANG, "never: {error}\nat {caller}"),
            }
            sleep(PAUSE).await;
        }
    }
}

/// Waits until a condition holds.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) -> impl Future<Output = ()> {
    until_ok(async move || holds().await.then_some(()).ok_or_else(|| what.to_owned()))
}

/// Waits until a condition holds, where nothing is asynchronous.
#[track_caller]
pub fn eventually_blocking(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < HANG, "never: {what}");
        std::thread::sleep(PAUSE);
    }
}

/// Waits for something that comes to an end by itself.
#[track_caller]
pub fn ends<T>(what: &str, future: impl Future<Output = T>) -> impl Future<Output = T> {
    let caller = Location::caller();
    async move {
        let ended = timeout(HANG, future).await;
        ended.unwrap_or_else(|_| panic!("it does not end: {what}\nat {caller}"))
    }
}

/// The processor time that this thread has used: unlike the time on a clock, it does not grow because others are busy.
pub fn processor_time() -> Duration {
    let status = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    let fields: Vec<&str> = status.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    // Linux counts a hundred of them in a second, whatever its own are.
    Duration::from_millis(ticks * 10)
}
