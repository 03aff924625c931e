//! Which mails somebody wants.

use super::topic::Topic;

/// The topics that somebody gets mails about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preferences(u8);

impl Preferences {
    pub const ALL: Preferences = Preferences(u8::MAX);
    pub const NONE: Preferences = Preferences(0);

    pub fn wants(self, topic: Topic) -> bool {
        self.0 & (1 << topic as u8) != 0
    }

    /// The same, but for this topic.
    #[must_use]
    pub fn with(self, topic: Topic, wanted: bool) -> Preferences {
        let others = self.0 & !(1 << topic as u8);
        Preferences(others | u8::from(wanted) << topic as u8)
    }
}
