//! Questions that a call asks somebody outside at once.
//!
//! A call that turns out to need an answer ends with [`Fault::AnswerNeeded`] before it has written anything, and gives its
//! database connection back. The question is asked, and then the call runs again, with the answer: so no connection and no
//! lock is held while somebody answers, and whatever the answer changes is written in one transaction with the rest of the
//! call. Nothing of a question is kept if the server stops.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::fault::{Fault, Result};

/// Maximum number of questions of one call.
const MAX_QUESTIONS: usize = 8;

/// A question of one kind.
pub trait Question: Clone + PartialEq + Send {
    type Answer: Clone + Send;
    /// Those who answer.
    type Answerers: Sync;

    /// Asks it; `id` identifies this attempt.
    fn ask_as(&self, id: &str, answerers: &Self::Answerers) -> impl Future<Output = Self::Answer> + Send;

    /// Who is asked, and what, without secrets.
    fn describe(&self) -> String;

    /// Whether it may have changed anything outside: with this answer, or while it is being asked.
    fn may_have_changed(&self, answer: Option<&Self::Answer>) -> bool;
}

/// The questions of one kind that a call asks, and the answers that it has got so far.
pub struct Questions<Q: Question>(Mutex<State<Q>>);

struct State<Q: Question> {
    answered: Vec<(Q, Q::Answer)>,
    open: Option<Q>,
}

impl<Q: Question> Default for Questions<Q> {
    fn default() -> Self {
        Questions(Mutex::new(State { answered: Vec::new(), open: None }))
    }
}

impl<Q: Question> Questions<Q> {
    /// Returns the answer to a question. If there is none yet, the call has to end and is run again with it.
    pub fn ask(&self, question: Q) -> Result<Q::Answer> {
        let mut state = self.state();
        if let Some((_, answer)) = state.answered.iter().find(|(answered, _)| *answered == question) {
            return Ok(answer.clone());
        }
        if state.answered.len() == MAX_QUESTIONS {
            return Err(Fault::internal("a call asks more and more questions"));
        }
        state.open = Some(question);
        Err(Fault::AnswerNeeded)
    }

    /// Asks the question that the call has ended with. Returns `false` if there is none.
    pub async fn find_answer(&self, answerers: &Q::Answerers) -> Result<bool> {
        let Some(question) = self.state().open.clone() else { return Ok(false) };
        let id = format!("question-{:016x}", getrandom::u64().map_err(Fault::internal)?);
        let answer = question.ask_as(&id, answerers).await;
        let mut state = self.state();
        state.open = None;
        state.answered.push((question, answer));
        Ok(true)
    }

    /// Describes the question with which the call has ended, if it has.
    pub fn open(&self) -> Option<String> {
        self.state().open.as_ref().map(Question::describe)
    }

    /// Whether anything may have changed outside, by a question that was asked or is being asked.
    pub fn may_have_changed(&self) -> bool {
        let state = self.state();
        let answered = state.answered.iter().map(|(question, answer)| (question, Some(answer)));
        let mut asked = answered.chain(state.open.iter().map(|question| (question, None)));
        asked.any(|(question, answer)| question.may_have_changed(answer))
    }

    fn state(&self) -> MutexGuard<'_, State<Q>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
