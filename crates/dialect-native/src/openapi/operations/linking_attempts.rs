//! Linking attempts.

use crate::openapi::operation::{Body, Content, Done, Operation};
use crate::problem::Code;
use crate::route::Verb;

const ATTEMPT: &[Content] = &[Content::Json("LinkingAttempt")];
const TEXT: Content = Content::Text("What the QR code holds. A secret.");

const NO_CODE: (Code, &str) = (Code::WrongState, "There is no code that can be scanned now.");

/// One of the forms in which a code is shown.
const fn code(
    id: &'static str,
    template: &'static str,
    summary: &'static str,
    done: Done,
) -> Operation {
    Operation {
        id,
        verb: Verb::Get,
        template,
        summary,
        description: "Keeps the attempt alive.",
        body: None,
        done,
        refused: &[NO_CODE],
    }
}

pub(super) static OPERATIONS: &[Operation] = &[
    Operation {
        id: "linking_attempt_begin",
        verb: Verb::Post,
        template: "/api/v1/instances/{instance}/linking-attempts",
        summary: "Begin to link",
        description: "Answers at once for a QR code, which is on its way then; for a pairing \
                      code when there is one. New codes (`code`, or `fresh`) can be asked for ten \
                      times an hour.",
        body: Some(Body::needed("NewLinkingAttempt")),
        done: Done::created_at("The attempt.", ATTEMPT),
        refused: &[
            (Code::WrongState, "The instance is linked already, or cannot be linked now."),
            (Code::Conflict, "Somebody else asked for something else meanwhile."),
            (Code::Unreachable, "WhatsApp did not answer."),
        ],
    },
    Operation {
        id: "linking_attempt_list",
        verb: Verb::Get,
        template: "/api/v1/instances/{instance}/linking-attempts",
        summary: "List the attempts",
        description: "Those that can be asked about, the newest first. To list them is no question \
                      about them.",
        body: None,
        done: Done::ok("The attempts.", &[Content::Json("LinkingAttemptList")]),
        refused: &[],
    },
    Operation {
        id: "linking_attempt_get",
        verb: Verb::Get,
        template: "/api/v1/instances/{instance}/linking-attempts/{attempt}",
        summary: "Look at an attempt, or wait for its next step",
        description: "With `wait` and `after` it answers when there is a newer version. Keeps the \
                      attempt alive.",
        body: None,
        done: Done::ok("The attempt.", ATTEMPT),
        refused: &[],
    },
    Operation {
        id: "linking_attempt_give_up",
        verb: Verb::Delete,
        template: "/api/v1/instances/{instance}/linking-attempts/{attempt}",
        summary: "Give an attempt up",
        description: "What a phone has accepted stays.",
        body: None,
        done: Done::ok("The attempt, over.", ATTEMPT),
        refused: &[],
    },
    Operation {
        id: "linking_attempt_answer_passkey",
        verb: Verb::Post,
        template: "/api/v1/instances/{instance}/linking-attempts/{attempt}/passkey-assertion",
        summary: "Give WhatsApp the answer of a passkey",
        description: "For an attempt whose step is `passkey_challenge`. Ask the passkey with its \
                      `options` in a browser on https://web.whatsapp.com: passkeys of WhatsApp \
                      answer nowhere else. A challenge is answered once; what is no answer to it \
                      is refused here and costs nothing. Does not wait for WhatsApp: the attempt's \
                      next step tells.",
        body: Some(Body::needed("NewPasskeyAssertion")),
        done: Done::ok("The attempt, with the answer taken.", ATTEMPT),
        refused: &[(Code::WrongState, "The attempt does not wait for a passkey.")],
    },
    Operation {
        id: "linking_attempt_confirm_passkey",
        verb: Verb::Post,
        template: "/api/v1/instances/{instance}/linking-attempts/{attempt}/passkey-confirmation",
        summary: "Say that the phone shows the same code",
        description: "For an attempt whose step is `passkey_confirmation`, after a person has \
                      compared its `code` with the phone's. Does not wait for the phone: the \
                      attempt's next step tells.",
        body: Some(Body::optional("Nothing")),
        done: Done::ok("The attempt, confirmed.", ATTEMPT),
        refused: &[(Code::WrongState, "The attempt does not wait for a confirmation.")],
    },
    code(
        "linking_attempt_qr",
        "/api/v1/instances/{instance}/linking-attempts/{attempt}/qr",
        "The code in the form that `Accept` names",
        Done::ok(
            "The code as a picture or as text, or the attempt.",
            &[Content::Png, Content::Svg, TEXT, Content::Json("LinkingAttempt")],
        ),
    ),
    code(
        "linking_attempt_qr_png",
        "/api/v1/instances/{instance}/linking-attempts/{attempt}/qr.png",
        "The code as a picture",
        Done::ok("A picture to scan.", &[Content::Png]),
    ),
    code(
        "linking_attempt_qr_svg",
        "/api/v1/instances/{instance}/linking-attempts/{attempt}/qr.svg",
        "The code as a picture that is sharp at any size",
        Done::ok("A picture to scan.", &[Content::Svg]),
    ),
    code(
        "linking_attempt_qr_ansi",
        "/api/v1/instances/{instance}/linking-attempts/{attempt}/qr.ansi",
        "The code as lines for a terminal",
        Done::ok("Lines in colour: `curl` shows a code to scan.", &[Content::Text("The lines.")]),
    ),
    code(
        "linking_attempt_qr_txt",
        "/api/v1/instances/{instance}/linking-attempts/{attempt}/qr.txt",
        "The text inside the code",
        Done::ok("For drawing it yourself.", &[TEXT]),
    ),
];
