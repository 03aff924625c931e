//! The executable. Everything else is in the library, which tests and other programs can use.

use std::process::ExitCode;

use libmimalloc_sys::{mi_option_set_default, mi_option_t};

/// The default allocator keeps the memory of password hashing for ever, a gigabyte of it after some hundred calls.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc.h: for how many milliseconds unused memory is kept.
const PURGE_DELAY: mi_option_t = 15;
/// Less than the default of a second: with many large replies, this takes a quarter less memory and no more time. Returning
/// memory at once takes a third more CPU time (docs/performance.md).
const MILLISECONDS: i64 = 50;

fn main() -> ExitCode {
    keep_less_memory();
    whmcs_api::command_line::main()
}

/// Reduces memory use: sets how long unused memory is kept, unless `MIMALLOC_PURGE_DELAY` does, and disables huge pages,
/// each of which takes two megabytes as soon as a byte of it is used: with them, a list of all products takes twenty.
fn keep_less_memory() {
    #[expect(unsafe_code, reason = "the allocator and the system take their options only so; they are numbers")]
    unsafe {
        mi_option_set_default(PURGE_DELAY, MILLISECONDS);
        // Errors are ignored, because older systems lack this option. The embedded database inherits it.
        #[cfg(target_os = "linux")]
        libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0);
    }
}
