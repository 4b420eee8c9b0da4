//! What is said of a route beside what its row in the table of routes says.

use waygate_core::scope::Scope;

use super::refusals::meaning;
use crate::events::stream::EVENT_STREAM;
use crate::problem::Code;
use crate::route::{Route, Verb};
use crate::routes::ROUTES;

/// One operation: a route, described.
pub(crate) struct Operation {
    /// A noun and a verb, which a generated client takes for the name of its method.
    pub(crate) id: &'static str,
    pub(crate) verb: Verb,
    pub(crate) template: &'static str,
    /// A few words.
    pub(crate) summary: &'static str,
    /// What else there is to know, in sentences.
    pub(crate) description: &'static str,
    /// The schema of what is sent.
    pub(crate) body: Option<Body>,
    /// The answer when all is well.
    pub(crate) done: Done,
    /// The refusals that are its own, with when they come. Those of all routes are not repeated.
    pub(crate) refused: &'static [(Code, &'static str)],
}

/// What is sent.
pub(crate) struct Body {
    pub(crate) schema: &'static str,
    /// Whether a request without one is refused.
    pub(crate) is_required: bool,
}

/// A success.
pub(crate) struct Done {
    pub(crate) status: u16,
    pub(crate) says: &'static str,
    pub(crate) content: &'static [Content],
    /// Whether `Location` names what was made.
    pub(crate) is_at_location: bool,
}

/// A form of an answer.
#[derive(Clone, Copy)]
pub(crate) enum Content {
    /// JSON of this schema.
    Json(&'static str),
    /// A picture.
    Png,
    /// A picture made of shapes.
    Svg,
    /// Plain text, with what it is.
    Text(&'static str),
    /// Server-sent events.
    Events,
    /// A file of this type.
    File(&'static str),
}

impl Done {
    pub(crate) const NOTHING: Self =
        Self { status: 204, says: "Done.", content: &[], is_at_location: false };

    pub(crate) const fn ok(says: &'static str, content: &'static [Content]) -> Self {
        Self { status: 200, says, content, is_at_location: false }
    }

    /// The connection stops being HTTP.
    pub(crate) const fn switched(says: &'static str) -> Self {
        Self { status: 101, says, content: &[], is_at_location: false }
    }

    pub(crate) const fn accepted(says: &'static str, content: &'static [Content]) -> Self {
        Self { status: 202, says, content, is_at_location: true }
    }

    pub(crate) const fn created(says: &'static str, content: &'static [Content]) -> Self {
        Self { status: 201, says, content, is_at_location: false }
    }

    pub(crate) const fn created_at(says: &'static str, content: &'static [Content]) -> Self {
        Self { status: 201, says, content, is_at_location: true }
    }
}

impl Body {
    pub(crate) const fn needed(schema: &'static str) -> Self {
        Self { schema, is_required: true }
    }

    pub(crate) const fn optional(schema: &'static str) -> Self {
        Self { schema, is_required: false }
    }
}

impl Operation {
    /// The route that this describes.
    pub(crate) fn route(&self) -> Option<&'static Route> {
        ROUTES.iter().find(|route| route.verb == self.verb && route.template == self.template)
    }

    /// The right that it needs, in a word.
    pub(crate) fn scope(&self) -> &'static str {
        self.route().and_then(|route| route.scope).map_or("", Scope::as_str)
    }

    /// What stands in braces in its path.
    pub(crate) fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.template
            .split('/')
            .filter_map(|segment| segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')))
    }

    /// Every refusal, those of all routes first.
    pub(crate) fn refusals(&self) -> Vec<(Code, &'static str)> {
        let mut refusals = Vec::new();
        if self.path_parameters().next().is_some() {
            refusals.push((Code::NotFound, meaning(Code::NotFound)));
        }
        let all = [
            Code::Invalid,
            Code::Unauthorized,
            Code::Forbidden,
            Code::Timeout,
            Code::TooLarge,
            Code::Limited,
            Code::Internal,
        ];
        refusals.extend(all.map(|code| (code, meaning(code))));
        if self.verb == Verb::Post {
            let of_keys = [Code::UnderWay, Code::KeyReused];
            refusals.extend(of_keys.map(|code| (code, meaning(code))));
        }
        refusals.extend_from_slice(self.refused);
        refusals.sort_by_key(|(code, _when)| code.status());
        refusals
    }
}

impl Content {
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Json(_) => "application/json",
            Self::Png => "image/png",
            Self::Svg => "image/svg+xml",
            Self::Text(_) => "text/plain",
            Self::Events => EVENT_STREAM,
            Self::File(media_type) => media_type,
        }
    }
}
