//! The program. All of it is in the library, which tests and other programs can use.

use std::process::ExitCode;

use libmimalloc_sys::{mi_option_set_default, mi_option_t};

/// The default allocator keeps the memory of password hashing for ever, a gigabyte of it after some hundred calls.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc.h: how many milliseconds memory is kept that nobody uses.
const PURGE_DELAY: mi_option_t = 15;
/// Not a second, as by default: a quarter less memory is taken when many replies are large, and no more time. Giving it back
/// at once takes a third more (docs/performance.md).
const MILLISECONDS: i64 = 50;

fn main() -> ExitCode {
    keep_less_memory();
    whmcs_api::command_line::main()
}

/// Unless `MIMALLOC_PURGE_DELAY` says how long memory is kept. And without huge pages, each of which is two megabytes as
/// soon as a byte of it is used: with them, a list of all products takes twenty.
fn keep_less_memory() {
    #[expect(unsafe_code, reason = "the allocator and the system take their options only so; they are numbers")]
    unsafe {
        mi_option_set_default(PURGE_DELAY, MILLISECONDS);
        // Where the system does not know this, it has its way. The database that this program may start inherits it.
        #[cfg(target_os = "linux")]
        libc::prctl(libc::PR_SET_THP_DISABLE, 1, 0, 0, 0);
    }
}
