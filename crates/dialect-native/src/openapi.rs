//! The description of this API, for programs and for people.
//!
//! The routes come from one table and read their bodies by hand, so nothing could be derived from a
//! handler's types. What is told of a route stands in [`operations`], what a value looks like in
//! [`schemas`], and tests hold both against the table and against every answer that the tests see.
//! The page is written from the same tables as the document.

mod document;
mod operation;
mod operations;
mod page;
mod parameters;
mod prose;
mod refusals;
mod schema;
mod schemas;
mod surface;

pub use document::document;
pub use surface::reference;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::document::document;
    use super::operation::Operation;
    use super::schema::Schema;
    use super::{operations, parameters, schemas};
    use crate::route::Guard;
    use crate::routes::ROUTES;
    use crate::surface::Door;

    fn schema(name: &str) -> Schema {
        schemas::all().find(|(other, _schema)| *other == name).unwrap().1
    }

    fn fields(schema: &Schema) -> BTreeSet<&'static str> {
        let own = schema.properties.0.iter().map(|(name, _field)| *name);
        own.chain(schema.one_of.iter().flat_map(fields)).collect()
    }

    /// Everything in the document that is called `$ref`.
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    match value.as_str() {
                        Some(path) if key == "$ref" => drop(found.insert(path.to_owned())),
                        Some(_) | None => references(value, found),
                    }
                }
            }
            Value::Array(list) => list.iter().for_each(|value| references(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn every_route_that_a_token_opens_is_one_operation_and_every_operation_a_route() {
        let key = |route: &crate::route::Route| (route.template, route.verb.as_str());
        let routes = ROUTES
            .iter()
            .filter(|route| route.is_served_at(Door::Keyed) && route.guard() == Guard::Key);
        let routes: Vec<_> = routes.map(key).collect();
        let told: Vec<_> = operations::all().map(|it| (it.template, it.verb.as_str())).collect();
        assert_eq!(BTreeSet::from_iter(&told), BTreeSet::from_iter(&routes));
        assert_eq!(told.len(), routes.len());
    }

    #[test]
    fn an_operation_has_a_name_of_its_own_which_is_a_noun_and_a_verb() {
        let names: BTreeSet<_> = operations::all().map(|operation| operation.id).collect();
        assert_eq!(names.len(), operations::all().count());
        for name in names {
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
            assert!(name.contains('_'), "{name}");
        }
    }

    #[test]
    fn what_changes_something_is_called_as_in_the_record_of_who_did_what() {
        for operation in operations::all() {
            let act = operation.route().unwrap().act;
            assert_eq!(act.unwrap_or(operation.id), operation.id);
        }
    }

    #[test]
    fn the_fields_and_parameters_of_a_route_are_those_that_are_described() {
        let document = document();
        for operation in operations::all() {
            let route = operation.route().unwrap();
            let taken: BTreeSet<_> = route.fields.iter().copied().collect();
            let body = operation.body.as_ref().map(|body| fields(&schema(body.schema)));
            assert_eq!(body.unwrap_or_default(), taken, "{}", operation.id);
            let told = &document["paths"][operation.template][verb(operation)]["parameters"];
            let told = told.as_array().map_or(&[][..], Vec::as_slice).iter();
            let told: Vec<_> = told.map(|it| it["name"].as_str().unwrap()).collect();
            let known = operation.path_parameters().chain(route.parameters.iter().copied());
            let known: Vec<_> = known.chain(parameters::header_of(route.verb)).collect();
            assert_eq!(told, known, "{}", operation.id);
        }
    }

    fn verb(operation: &Operation) -> String {
        operation.verb.as_str().to_ascii_lowercase()
    }

    #[test]
    fn a_body_is_described_where_a_route_reads_one() {
        for operation in operations::all() {
            let reads = operation.verb.has_body();
            assert_eq!(operation.body.is_some(), reads, "{}", operation.id);
        }
    }

    #[test]
    fn what_is_referred_to_is_there_and_what_is_there_is_referred_to() {
        let document = document();
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        for path in &found {
            assert!(document.pointer(path.strip_prefix('#').unwrap()).is_some(), "{path}");
        }
        for kind in ["schemas", "headers", "responses"] {
            for name in document["components"][kind].as_object().unwrap().keys() {
                let path = format!("#/components/{kind}/{name}");
                assert!(found.contains(&path), "nothing leads to {path}");
            }
        }
    }

    #[test]
    fn every_example_is_what_its_schema_says() {
        let document = document();
        for (name, schema) in schemas::all() {
            let whole = json!({
                "$ref": format!("#/components/schemas/{name}"),
                "components": document["components"]
            });
            let validator = jsonschema::validator_for(&whole).unwrap();
            for example in &schema.examples {
                let wrong: Vec<_> =
                    validator.iter_errors(example).map(|error| error.to_string()).collect();
                assert!(wrong.is_empty(), "{name}: {wrong:?}");
            }
        }
    }

    #[test]
    fn everything_that_is_sent_has_a_limit_or_a_form() {
        for name in operations::all().filter_map(|it| it.body.as_ref()).map(|body| body.schema) {
            let schema = schema(name);
            let forms = schema.one_of.iter().chain([&schema]);
            for (field, schema) in forms.flat_map(|form| &form.properties.0) {
                let bounded = schema.max_length.is_some()
                    || schema.pattern.is_some()
                    || schema.format.is_some()
                    || schema.r#const.is_some()
                    || !schema.r#enum.is_empty()
                    || !schema.r#type.0.contains(&"string");
                assert!(bounded, "{name}.{field}");
                assert!(schema.description.is_some() || schema.r#const.is_some(), "{name}.{field}");
            }
        }
    }

    /// Whoever changes the contract sees in this file what changes for its clients.
    #[test]
    fn the_document_is_the_one_that_is_kept() {
        insta::assert_snapshot!("openapi", format!("{:#}", document()));
    }
}
