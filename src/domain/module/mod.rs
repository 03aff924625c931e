//! Commands to provisioning modules.

pub mod registry;

/// A command, as in the interface of WHMCS's provisioning modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    Create,
    Suspend,
    Unsuspend,
    Terminate,
    ChangePassword,
    ChangePackage,
    /// A further term of the service was paid for.
    Renew,
    /// A function that only the module knows; its name is among the arguments.
    Custom,
}

impl Command {
    const ALL: [Command; 8] = [
        Command::Create,
        Command::Suspend,
        Command::Unsuspend,
        Command::Terminate,
        Command::ChangePassword,
        Command::ChangePackage,
        Command::Renew,
        Command::Custom,
    ];

    /// Whether the module cannot execute it without the service's password.
    pub fn needs_password(self) -> bool {
        matches!(self, Command::Create | Command::ChangePassword)
    }

    /// The name of the module's function.
    pub fn function(self) -> &'static str {
        match self {
            Command::Create => "CreateAccount",
            Command::Suspend => "SuspendAccount",
            Command::Unsuspend => "UnsuspendAccount",
            Command::Terminate => "TerminateAccount",
            Command::ChangePassword => "ChangePassword",
            Command::ChangePackage => "ChangePackage",
            Command::Renew => "Renew",
            Command::Custom => "Custom",
        }
    }

    /// Parses the name of a function.
    pub fn parse(function: &str) -> Option<Command> {
        Command::ALL.into_iter().find(|command| command.function() == function)
    }

    /// The command's title for staff.
    pub fn title(self) -> &'static str {
        match self {
            Command::Create => "Create",
            Command::Suspend => "Suspend",
            Command::Unsuspend => "Unsuspend",
            Command::Terminate => "Terminate",
            Command::ChangePassword => "Change Password",
            Command::ChangePackage => "Change Package",
            Command::Renew => "Renew",
            Command::Custom => "Custom",
        }
    }

    /// The service's status after the command succeeded; `None` if it does not change.
    pub fn status(self) -> Option<&'static str> {
        match self {
            Command::Create | Command::Unsuspend => Some("Active"),
            Command::Suspend => Some("Suspended"),
            Command::Terminate => Some("Terminated"),
            Command::ChangePassword | Command::ChangePackage | Command::Renew | Command::Custom => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_read_as_it_is_written() {
        for command in Command::ALL {
            assert_eq!(Command::parse(command.function()), Some(command));
        }
        assert_eq!(Command::parse("Reboot"), None);
    }
}
