//! The program. All of it is in the library, which tests and other programs can use.

use std::process::ExitCode;

/// The default allocator keeps the memory of password hashing for ever, a gigabyte of it after some hundred calls.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    whmcs_api::command_line::main()
}
