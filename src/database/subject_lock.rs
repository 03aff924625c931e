//! Locks on subjects: the first write of a call's transaction, before it reads what it will change.
//!
//! A subject is locked by updating its row, because a cluster detects conflicting updates, whereas a row lock exists on one
//! node only. The update leaves a random nonce. A database may lose a transaction without an error
//! (`docs/scaling.md`), and with it the nonce: so the transaction's last statement looks for it.

use sqlx::MySqlConnection;

use super::subject::Subject;
use crate::domain::id::{ClientId, InvoiceId};

/// A random value that no other transaction leaves in a row.
pub type Nonce = [u8; 16];

const LOCK: &str = "INSERT INTO mod_whmcs_api_revisions (subject, revision, nonce) VALUES (?, 1, ?) \
             ON DUPLICATE KEY UPDATE revision = revision + 1, nonce = VALUES(nonce)";

/// Locks a subject after the first one, which has left a nonce.
pub(super) const ADD: &str = "INSERT INTO mod_whmcs_api_revisions (subject, revision) VALUES (?, 1) \
             ON DUPLICATE KEY UPDATE revision = revision + 1";

/// The subjects that a transaction has locked.
#[derive(Debug, Default)]
pub(super) struct SubjectLocks {
    subjects: Vec<Subject>,
    proof: Option<Proof>,
    /// The first invoice whose row is locked, or that of an order whose row is.
    pub invoice: Option<InvoiceId>,
}

/// What shows that a transaction has not been lost: the name of the subject that it locked first, and the nonce that it left
/// there.
#[derive(Debug, Clone)]
pub struct Proof {
    pub subject: String,
    pub nonce: Nonce,
}

impl SubjectLocks {
    /// Locks a subject until the transaction ends, unless it is locked already.
    pub async fn add(&mut self, subject: Subject, db: &mut MySqlConnection) -> sqlx::Result<()> {
        if self.subjects.contains(&subject) {
            return Ok(());
        }
        let mut nonce = Nonce::default();
        getrandom::fill(&mut nonce).map_err(|error| sqlx::Error::Configuration(error.to_string().into()))?;
        let name = subject.name();
        sqlx::query(LOCK).bind(&name).bind(&nonce[..]).execute(db).await?;
        self.subjects.push(subject);
        self.proof.get_or_insert(Proof { subject: name, nonce });
        Ok(())
    }

    /// What the last statement of the transaction looks for; `None` if nothing is locked.
    pub fn proof(&self) -> Option<&Proof> {
        self.proof.as_ref()
    }

    /// The first client that is locked.
    pub fn client(&self) -> Option<ClientId> {
        self.subjects.iter().find_map(|subject| subject.client())
    }

    /// Forgets the locks, because the transaction has ended.
    pub fn clear(&mut self) {
        *self = SubjectLocks::default();
    }
}
