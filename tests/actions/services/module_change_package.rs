//! `ModuleChangePackage`: the command to the module is tested in module_commands.rs.

use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["ModuleChangePackage&serviceid=1"],
    setup: include_str!("../../support/fixtures/services.sql"),
    writing: &["ModuleChangePackage&serviceid=901"],
    every_parameter: "ModuleChangePackage&serviceid=1&accountid=1",
};
