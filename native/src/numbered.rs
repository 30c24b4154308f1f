//! Native objects that Java holds: Java has a number, the object stays here.
//!
//! A number is never given twice, so one that was closed or made up is refused instead of reaching another object.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// The objects of one kind. Safe to use from many threads.
pub struct Numbered<T>(RwLock<Table<T>>);

struct Table<T> {
    last: i64,
    objects: HashMap<i64, Arc<T>>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Numbered<T> {
        Numbered(RwLock::new(Table {
            last: 0,
            objects: HashMap::new(),
        }))
    }
}

impl<T> Numbered<T> {
    /// Keeps an object and gives it a number.
    pub fn insert(&self, object: T) -> i64 {
        // A poisoned table is still whole: every change to it is one statement.
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        table.last += 1;
        let number = table.last;
        table.objects.insert(number, Arc::new(object));
        number
    }

    /// The object with this number.
    pub fn get(&self, number: i64) -> Option<Arc<T>> {
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
        table.objects.get(&number).cloned()
    }

    /// Forgets the number and hands the object back, for closing outside the lock.
    pub fn remove(&self, number: i64) -> Option<Arc<T>> {
        let mut table = self.0.write().unwrap_or_else(PoisonError::into_inner);
        table.objects.remove(&number)
    }
}
