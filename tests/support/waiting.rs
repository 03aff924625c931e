//! Waiting for conditions. The duration depends on the machine, and a test must pass on a busy one as on an idle one:
//! no test sleeps for a time that should suffice, and none fails because a time limit was short.

use std::panic::Location;
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

/// Time after which a test is considered to hang. A working machine never takes that long.
pub const HANG: Duration = Duration::from_mins(3);
/// A time limit of the program that is long enough never to apply in a test.
pub const NEVER_SECONDS: u64 = 3600;

const PAUSE: Duration = Duration::from_millis(20);

/// Retries until an attempt succeeds, and returns its result. A test that hangs prints the last error.
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

/// Waits until a condition holds, in code that is not asynchronous.
#[track_caller]
pub fn eventually_blocking(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < HANG, "never: {what}");
        std::thread::sleep(PAUSE);
    }
}

/// Waits for a future that ends by itself.
#[track_caller]
pub fn ends<T>(what: &str, future: impl Future<Output = T>) -> impl Future<Output = T> {
    let caller = Location::caller();
    async move {
        let ended = timeout(HANG, future).await;
        ended.unwrap_or_else(|_| panic!("not ended: {what}\nat {caller}"))
    }
}

/// Returns the processor time that this thread has used; unlike wall-clock time, it does not depend on other processes.
pub fn processor_time() -> Duration {
    let status = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    let fields: Vec<&str> = status.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    // Linux reports ticks of 1/100 s, whatever its internal unit is.
    Duration::from_millis(ticks * 10)
}
