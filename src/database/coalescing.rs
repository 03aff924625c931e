//! Request coalescing: of several callers that need the same thing from the database, one gets it for all that came before.
//!
//! Nobody gets what is older than the own request. Those who come while a statement is under way cannot use its result, because
//! that may be of a moment before they came. But the first of them executes the next statement, and its result serves all
//! that came before it began. So one statement at a time is enough for any number of callers.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync;
use tokio::time::timeout;

/// What the last of several callers with the same key has found.
pub struct Latest<T> {
    /// A moment before the statements began that found it.
    pub began: Instant,
    pub value: T,
}

type Turn<T> = Arc<sync::Mutex<Option<Latest<T>>>>;
pub type TurnGuard<'t, T> = sync::MutexGuard<'t, Option<Latest<T>>>;

/// The callers that need something at this moment, by what they need. Those with the same key take turns, in the order in
/// which they come.
pub struct Turns<K, T>(Mutex<HashMap<K, Turn<T>>>);

/// A caller that takes part in the turns of a key.
pub struct Joined<'t, K: Eq + Hash, T> {
    key: K,
    turn: Turn<T>,
    turns: &'t Turns<K, T>,
}

impl<K, T> Default for Turns<K, T> {
    fn default() -> Turns<K, T> {
        Turns(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash, T> Turns<K, T> {
    /// Joins the callers with this key.
    pub fn join(&self, key: K) -> Joined<'_, K, T> {
        let turn = Arc::clone(self.lock().entry(key.clone()).or_default());
        Joined { key, turn, turns: self }
    }
}

impl<K: Clone + Eq + Hash, T: Clone> Turns<K, T> {
    /// Returns what `find` finds, or what another caller with the same key finds after `came`, the moment at which this caller
    /// needed it. Only who has executed `find` gets what else it returns. Who has waited for longer than `max_wait` executes
    /// `find` as well: if it hangs or fails, callers would otherwise try it one after the other.
    pub async fn share<X, E>(
        &self,
        key: K,
        came: Instant,
        max_wait: Duration,
        find: impl AsyncFnOnce() -> Result<(X, T), E>,
    ) -> Result<(Option<X>, T), E> {
        let joined = self.join(key);
        let Ok(mut latest) = timeout(max_wait, joined.turn()).await else {
            return find().await.map(|(own, value)| (Some(own), value));
        };
        if let Some(Latest { began, value }) = &*latest
            && *began >= came
        {
            return Ok((None, value.clone()));
        }
        let began = Instant::now();
        let (own, value) = find().await?;
        *latest = Some(Latest { began, value: value.clone() });
        Ok((Some(own), value))
    }
}

impl<K, T> Turns<K, T> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Turn<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, T> Joined<'_, K, T> {
    /// Takes the turn if no other caller has it.
    pub fn try_turn(&self) -> Option<TurnGuard<'_, T>> {
        self.turn.try_lock().ok()
    }

    /// Waits until it is this caller's turn. Meanwhile another one may have found what this one needs.
    pub async fn turn(&self) -> TurnGuard<'_, T> {
        self.turn.lock().await
    }
}

impl<K: Eq + Hash, T> Drop for Joined<'_, K, T> {
    fn drop(&mut self) {
        let mut turns = self.turns.lock();
        // Given up under the lock, so that of several callers that end together the last one finds that only the map is left.
        drop(mem::take(&mut self.turn));
        if turns.get(&self.key).is_some_and(|turn| Arc::strong_count(turn) == 1) {
            turns.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::poll;
    use tokio::sync::oneshot;

    use super::*;

    /// Who comes while something is being found does not get that, but shares the next finding with those who come before it.
    #[tokio::test]
    async fn nobody_gets_what_is_older_than_the_own_request() {
        let (turns, finds) = (Turns::<(), usize>::default(), AtomicUsize::new(0));
        let share = async |max_wait, gate: oneshot::Receiver<()>| {
            let find = async || {
                let find = finds.fetch_add(1, Ordering::Relaxed);
                gate.await.map(|()| (find, find))
            };
            turns.share((), Instant::now(), max_wait, find).await
        };
        let hour = Duration::from_hours(1);
        let ((open_one, one), (open_two, two)) = (oneshot::channel(), oneshot::channel());
        let ((_open_three, three), (open_four, four)) = (oneshot::channel(), oneshot::channel());
        let (mut first, mut second) = (Box::pin(share(hour, one)), Box::pin(share(hour, two)));
        let mut third = Box::pin(share(hour, three));
        assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending() && poll!(&mut third).is_pending());
        assert_eq!(finds.load(Ordering::Relaxed), 1);
        open_four.send(()).unwrap();
        assert_eq!(share(Duration::ZERO, four).await, Ok((Some(1), 1)), "who does not wait finds it by itself");
        open_one.send(()).unwrap();
        assert_eq!(first.await, Ok((Some(0), 0)));
        open_two.send(()).unwrap();
        assert_eq!(second.await, Ok((Some(2), 2)));
        assert_eq!(third.await, Ok((None, 2)));
        assert_eq!(finds.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn callers_take_turns_and_leave_nothing_behind() {
        let turns = Turns::<u64, ()>::default();
        let (one, two, other) = (turns.join(1), turns.join(1), turns.join(2));
        let turn = one.try_turn().unwrap();
        assert!(two.try_turn().is_none() && other.try_turn().is_some());
        drop(turn);
        assert!(two.try_turn().is_some());
        drop((one, other));
        assert_eq!(turns.lock().len(), 1);
        drop(two);
        assert!(turns.lock().is_empty());
    }

    #[test]
    fn callers_that_end_together_leave_nothing_behind() {
        let turns = Turns::<u64, ()>::default();
        let barrier = std::sync::Barrier::new(2);
        let end_together = || {
            for key in 0..20_000 {
                let joined = turns.join(key);
                barrier.wait();
                drop(joined);
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(end_together);
            end_together();
        });
        assert_eq!(turns.lock().len(), 0);
    }
}
