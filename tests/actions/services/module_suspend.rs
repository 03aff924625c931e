//! `ModuleSuspend`: the command to the module is tested in module_commands.rs.

use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["ModuleSuspend&serviceid=1"],
    setup: include_str!("../../support/fixtures/services.sql"),
    writing: &["ModuleSuspend&serviceid=901"],
    every_parameter: "ModuleSuspend&serviceid=1&accountid=1&suspendreason=x",
};
