//! Every record of the tables can be read.

use super::tables::{ENTITIES_AT, OPERATIONS_AT, entities};
use super::{Answer, OPERATIONS, Type, decode, find, kinds};

#[test]
fn every_operation_is_read_to_its_end() {
    assert!(OPERATIONS_AT.len() > 90);
    for number in 0..OPERATIONS_AT.len() {
        let operation = decode::operation(number).unwrap_or_else(|| panic!("operation {number}"));
        assert_eq!(Some(operation.id), decode::operation_id(number));
        assert!(std::ptr::eq(operation, find(operation.id).unwrap()), "{}", operation.id);
        assert!(!operation.title.is_empty() && !operation.path.is_empty(), "{}", operation.id);
        // Read later, where nobody hears of a fault.
        assert!(decode::fields(operation.fields.record).is_some(), "fields of {}", operation.id);
        if let Answer::Items { of, envelope, .. } = &operation.answer {
            assert!(decode::fields(envelope.record).is_some(), "envelope of {}", operation.id);
            known(of);
        }
        operation.fields.iter().for_each(|field| known(&field.of));
    }
    assert_eq!(OPERATIONS.ids().collect::<Vec<_>>(), OPERATIONS.iter().map(|o| o.id).collect::<Vec<_>>());
}

#[test]
fn every_entity_is_read_to_its_end() {
    assert_eq!(entities().count(), ENTITIES_AT.len());
    for entity in entities() {
        assert!(!entity.id.is_empty() && !entity.title.is_empty() && !entity.label.is_empty());
        entity.fields.iter().for_each(|field| known(&field.of));
        for (_, case) in entity.variants.iter().flat_map(|variants| variants.cases) {
            assert!(!case.id.is_empty(), "a variant of {}", entity.id);
        }
    }
}

#[test]
fn a_record_that_breaks_off_is_no_panic() {
    for operation in OPERATIONS {
        let record = operation.fields.record;
        for end in 0..record.len().min(40) {
            let part = decode::fields(&record[..end]);
            assert!(part.is_none_or(|fields| fields.len() < operation.fields.len()), "{}", operation.id);
        }
    }
}

/// The entity that a type names is there.
fn known(of: &Type) {
    match of {
        Type::List { of, .. } => known(of),
        Type::Entity(entity) | Type::Ref(entity) | Type::Id(entity) => assert!(!entity.id.is_empty()),
        _ => {}
    }
}

#[test]
fn every_kind_and_setting_is_read_to_its_end() {
    assert_eq!((kinds().len(), super::settings().len()), super::assets::decoded());
    for kind in kinds() {
        assert!(!kind.origins.is_empty() && !kind.title.is_empty() && !kind.names.0.is_empty(), "{}", kind.id);
        assert!(std::ptr::eq(kind, super::kind(kind.id).unwrap()), "{}", kind.id);
        known(&kind.of);
        let parents = kind.origins.iter().filter_map(|origin| origin.how.parent());
        assert!(parents.chain(kind.relations.iter().flat_map(|r| r.kinds.iter().copied())).all(|n| n < kinds().len()));
        let calls = kind.origins.iter().filter_map(|origin| match origin.how {
            super::How::List(call) | super::How::Each(_, call) | super::How::Batch(_, call) => Some(call),
            super::How::Within(_) => None,
        });
        let details = kind.origins.iter().filter_map(|origin| origin.detail).chain(kind.get).map(|(call, _)| call);
        assert!(calls.chain(details).all(|call| find(call).is_some()), "{}", kind.id);
    }
    // A set of kinds is a number of 128 bits.
    assert!(kinds().len() <= 128);
}
