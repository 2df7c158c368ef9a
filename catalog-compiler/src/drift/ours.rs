//! The catalog's types as shapes.
//!
//! Rule: what `arguments` derives is taken from there, so that what is
//! compared is what a caller is offered.

use super::shape::{Cases, Format, Kinds, Member, Node, Opens, Shape, Way};
use crate::arguments;
use crate::model::{Answer, Body, Catalog, Encoding, Entity, Field, Marker, Operation, Place, Type};

/// A place in the catalog.
#[derive(Clone)]
pub(super) enum Leaf {
    Field(Field),
    Type(Type),
    /// An object that stands nowhere in the catalog as such.
    Object(Vec<(String, Member<Leaf>)>),
    /// A list of a collection's items.
    ListOf(Type),
}

/// Opens types of the catalog, for one way and place.
pub(super) struct Ours<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) way: Way,
    /// Path and query send bare ids.
    pub(super) in_url: bool,
}

impl Opens for Ours<'_> {
    type Leaf = Leaf;

    fn leaf(&self, leaf: &Leaf) -> Shape<Leaf> {
        match leaf {
            Leaf::Type(of) => self.of(of),
            Leaf::Object(members) => Shape::object(members.iter().cloned()),
            Leaf::ListOf(of) => Shape { items: Some(Node::One(Leaf::Type(of.clone()))), ..Shape::of(Kinds::LIST) },
            Leaf::Field(field) => {
                let mut shape = self.of(&field.of);
                if let Some(value) = &field.constant {
                    shape = Shape::of(Kinds::TEXT);
                    shape.values = Some([value.clone()].into());
                    shape.constant = true;
                }
                shape.null = field.nullable.is_some();
                shape.at = Some(field.name.at);
                shape
            }
        }
    }
}

impl Ours<'_> {
    fn of(&self, of: &Type) -> Shape<Leaf> {
        let plain = Shape::of;
        let text = |format: Format| Shape { format: Some(format), ..Shape::of(Kinds::TEXT) };
        let bound = |value: u32, none: u32| (value != none).then_some(i64::from(value));
        match of {
            Type::Text { min, max } => Shape { low: bound(*min, 0), high: bound(*max, u32::MAX), ..plain(Kinds::TEXT) },
            Type::Int { min, max } => Shape {
                low: Some(*min).filter(|min| *min != i64::MIN),
                high: Some(*max).filter(|max| *max != i64::MAX),
                ..plain(Kinds::INT)
            },
            Type::Number => plain(Kinds::NUMBER),
            Type::Bool => plain(Kinds::BOOL),
            Type::Time => text(Format::Time),
            Type::Date => text(Format::Date),
            Type::Email => text(Format::Email),
            Type::Url => text(Format::Url),
            Type::File => text(Format::File),
            Type::Json => Shape::default(),
            Type::Object => plain(Kinds::OBJECT),
            Type::Enum(values) => Shape { values: Some(values.iter().cloned().collect()), ..plain(Kinds::TEXT) },
            Type::IntEnum(values) => {
                Shape { values: Some(values.iter().map(i64::to_string).collect()), ..plain(Kinds::INT) }
            }
            Type::List { of, min, max } => Shape {
                low: bound(*min, 0),
                high: bound(*max, u32::MAX),
                items: Some(Node::One(Leaf::Type((**of).clone()))),
                ..plain(Kinds::LIST)
            },
            Type::Id(_) => plain(Kinds::TEXT),
            Type::Ref(_) if self.in_url => plain(Kinds::TEXT),
            Type::Ref(name) => {
                let entity = self.catalog.entity(&name.text);
                let reference = entity.and_then(|entity| entity.reference.clone());
                Shape { reference: Some(reference), open: false, ..plain(Kinds::OBJECT) }
            }
            Type::Entity(name) => self.catalog.entity(&name.text).map(|entity| self.entity(entity)).unwrap_or_default(),
        }
    }

    fn entity(&self, entity: &Entity) -> Shape<Leaf> {
        let mut shape = Shape::object(self.members(&entity.fields));
        shape.open = false;
        if let Some(variants) = &entity.variants {
            let case = |name: &crate::source::Word| Leaf::Type(Type::Entity(name.clone()));
            let opened = variants.cases.iter().map(|(_, name)| self.leaf(&case(name)));
            shape = opened.reduce(Shape::join).unwrap_or(shape);
            let values = variants.cases.iter().map(|(value, _)| value.text.clone()).collect();
            let by = Leaf::Field(Field::new(variants.by.clone(), Type::Enum(values)));
            let by = Member { required: Some(true), node: Node::One(by) };
            shape.members.insert(variants.by.text.clone(), by);
            let of = variants.cases.iter().map(|(value, name)| (value.text.clone(), Node::One(case(name)))).collect();
            shape.cases = Some(Cases { by: variants.by.text.clone(), of });
        }
        shape.entity = Some(entity.name.text.clone());
        shape.at = Some(entity.name.at);
        shape
    }

    fn members(&self, fields: &[Field]) -> Vec<(String, Member<Leaf>)> {
        let other = match self.way {
            Way::Request => Marker::Ro,
            Way::Answer => Marker::Wo,
        };
        fields.iter().filter(|field| !field.has(other)).map(member).collect()
    }
}

/// A field by its name.
pub(super) fn member(field: &Field) -> (String, Member<Leaf>) {
    let required = field.constant.is_none().then_some(field.required.is_some());
    (field.name.text.clone(), Member { required, node: Node::One(Leaf::Field(field.clone())) })
}

/// What the operation's body is, wrapper and paging included.
pub(super) fn body(operation: &Operation, catalog: &Catalog) -> Option<Node<Leaf>> {
    let wrap = match &operation.encoding {
        Encoding::None => return None,
        Encoding::Json { wrap, .. } => wrap.as_ref(),
        Encoding::Multipart => None,
    };
    let leaf = match &operation.body {
        Body::Entity(name) => Leaf::Type(Type::Entity(name.clone())),
        Body::None | Body::Fields(_) => {
            let arguments = arguments::of(operation, catalog);
            let fields = arguments.iter().filter(|argument| argument.place == Place::Body);
            Leaf::Object(fields.map(|argument| member(&argument.field)).collect())
        }
    };
    Some(match wrap {
        None => Node::One(leaf),
        Some(key) => {
            let inner = Member { required: None, node: Node::One(leaf) };
            Node::One(Leaf::Object(vec![(key.clone(), inner)]))
        }
    })
}

/// What the operation answers, wrapper and envelope included.
pub(super) fn answer(operation: &Operation) -> Option<Node<Leaf>> {
    let leaf = match operation.answer.as_ref()? {
        Answer::None => return None,
        Answer::Whole(of) => Leaf::Type(of.clone()),
        Answer::Item { key, of } => {
            let inner = Member { required: None, node: Node::One(Leaf::Type(of.clone())) };
            Leaf::Object(vec![(key.clone(), inner)])
        }
        Answer::Items { key, of, envelope } => {
            let mut members: Vec<_> = arguments::envelope(operation).iter().map(member).collect();
            members.extend(envelope.iter().map(member));
            members.push((key.clone(), Member { required: None, node: Node::One(Leaf::ListOf(of.clone())) }));
            Leaf::Object(members)
        }
    };
    Some(Node::One(leaf))
}
