//! `ModuleTerminate`: the command to the module is tested in module_commands.rs.

use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["ModuleTerminate&serviceid=1", "ModuleCreate&serviceid=1"],
    setup: include_str!("../../support/fixtures/services.sql"),
    writing: &["ModuleTerminate&serviceid=901"],
    every_parameter: "ModuleTerminate&serviceid=1&accountid=1",
};
