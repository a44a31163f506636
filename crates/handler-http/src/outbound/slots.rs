//! How many calls may be under way.
//!
//! A backend that hangs collects calls. Each is a future of its own and holds up
//! nothing but itself; what has to be bounded is how many there are, per backend
//! so that one that hangs leaves room for the others, and in all so that memory
//! and sockets have an end. A call over the bound is refused at once: waiting in
//! a queue behind calls that hang helps nobody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::fault::Fault;

/// The most calls that are under way to one backend.
pub(crate) const MOST_PER_BACKEND: usize = 512;
/// The most calls that are under way in all.
pub(crate) const MOST_IN_ALL: usize = 1024;

/// The calls that are under way.
#[derive(Default)]
pub(crate) struct Slots {
    taken: Mutex<HashMap<String, usize>>,
}

/// One call's place; given back when it is dropped.
pub(crate) struct Slot {
    slots: Arc<Slots>,
    backend: String,
}

impl Slots {
    /// A place for a call to this backend.
    pub(crate) fn take(self: &Arc<Self>, backend: String) -> Result<Slot, Fault> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().sum::<usize>() >= MOST_IN_ALL {
            return Err(Fault::Busy(MOST_IN_ALL));
        }
        match taken.get_mut(&backend) {
            Some(count) if *count >= MOST_PER_BACKEND => return Err(Fault::Busy(MOST_PER_BACKEND)),
            Some(count) => *count += 1,
            None => {
                taken.insert(backend.clone(), 1);
            }
        }
        Ok(Slot { slots: self.clone(), backend })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.backend) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.backend);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_backend_leaves_room_for_others_and_all_have_an_end() {
        let slots = Arc::new(Slots::default());
        let mut held: Vec<Slot> = (0..MOST_PER_BACKEND).map(|_| slots.take("a".into()).unwrap()).collect();
        assert!(matches!(slots.take("a".into()), Err(Fault::Busy(MOST_PER_BACKEND))));
        held.extend((0..MOST_IN_ALL - MOST_PER_BACKEND).map(|_| slots.take("b".into()).unwrap()));
        assert!(matches!(slots.take("c".into()), Err(Fault::Busy(MOST_IN_ALL))));
        held.clear();
        assert!(slots.taken.lock().unwrap().is_empty());
        assert!(slots.take("a".into()).is_ok());
    }
}
