//! `ModuleUnsuspend`: the command to the module is tested in module_commands.rs.

use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["ModuleSuspend&serviceid=1", "ModuleUnsuspend&serviceid=1"],
    setup: include_str!("../../support/fixtures/services.sql"),
    writing: &["ModuleSuspend&serviceid=901", "ModuleUnsuspend&serviceid=901"],
    every_parameter: "ModuleUnsuspend&serviceid=1&accountid=1",
};
