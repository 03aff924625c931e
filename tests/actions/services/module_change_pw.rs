//! `ModuleChangePw`: the command to the module is tested in module_commands.rs.

use crate::support::Calls;

pub const CALLS: Calls = Calls {
    demo: &["ModuleChangePw&serviceid=1&servicepassword=x"],
    setup: include_str!("../../support/fixtures/services.sql"),
    writing: &["ModuleChangePw&serviceid=901"],
    every_parameter: "ModuleChangePw&serviceid=1&accountid=1&servicepassword=p",
};
