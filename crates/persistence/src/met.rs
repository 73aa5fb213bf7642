//! What the commands of a batch refer to and what was found there. Most delegations of a day leave from the same
//! place, so it is looked for once a batch: under the writer's lock nobody else can take it away.

use std::collections::HashSet;

use pobratim_domain::{CollectionName, Reference};
use uuid::Uuid;

use crate::view::View;

/// Records that are there and seen, and records that were changed after it was looked.
#[derive(Default)]
pub(crate) struct Met {
    found: HashSet<(View, CollectionName, Uuid)>,
    changed: HashSet<Uuid>,
}

impl Met {
    /// Notes that it was found.
    pub(crate) fn find(&mut self, view: &View, reference: &Reference) {
        self.found.insert((view.clone(), reference.collection, reference.target));
    }

    /// Notes that a record was changed: it may be gone, or out of sight.
    pub(crate) fn change(&mut self, id: Uuid) {
        self.changed.insert(id);
    }

    /// Whether it was found here or by those before, and stands as it was.
    pub(crate) fn has(&self, before: &Self, view: &View, reference: &Reference) -> bool {
        let record = (view.clone(), reference.collection, reference.target);
        !self.changed.contains(&reference.target) && (self.found.contains(&record) || before.found.contains(&record))
    }

    /// Takes over what a command that answered well has left.
    pub(crate) fn take_over(&mut self, later: Self) {
        let Self { found, changed } = later;
        self.found.extend(found);
        self.found.retain(|(_, _, id)| !changed.contains(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(target: u128) -> Reference {
        let target = Uuid::from_u128(target);
        Reference { pointer: "/place".to_owned(), field: "place", collection: CollectionName::Places, target }
    }

    #[test]
    fn what_was_changed_is_not_taken_for_found() {
        let (view, one, two) = (View::Public, reference(1), reference(2));
        let (mut batch, mut first) = (Met::default(), Met::default());
        first.find(&view, &one);
        first.find(&view, &two);
        batch.take_over(first);
        let mut second = Met::default();
        assert!(second.has(&batch, &view, &one) && !second.has(&batch, &View::Operator, &one), "each sees for himself");
        second.change(one.target);
        assert!(!second.has(&batch, &view, &one) && second.has(&batch, &view, &two));
        second.find(&view, &one);
        assert!(!second.has(&batch, &view, &one), "nor when it was found once more by the command that changes it");
        batch.take_over(second);
        let third = Met::default();
        assert!(!third.has(&batch, &view, &one) && third.has(&batch, &view, &two));
    }
}
