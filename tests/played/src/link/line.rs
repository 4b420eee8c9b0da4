//! The link's side that the engine sees: its dials, its keys, and each connection.

use std::sync::Arc;

use tokio::time::Instant;
use waygate_core::account::LinkedAccount;
use waygate_core::error::{Error, Kind};
use waygate_core::id::InstanceId;
use waygate_core::instance::passkey::PasskeyAssertion;
use waygate_core::message::media::{MediaFile, MediaKind};
use waygate_core::message::outgoing::{Outgoing, Unsent};
use waygate_core::phone::PhoneNumber;
use waygate_core::port::link::{Deed, Line, LinkEvent, LinkSink, Linker};
use waygate_core::reason::EndReason;

use super::{Connection, Hosts, Pictures, PlayedLink, Sending, account};

impl Linker for PlayedLink {
    fn dial(&self, instance: InstanceId, sink: Arc<dyn LinkSink>) -> Box<dyn Line> {
        let mut seen = self.seen();
        if seen.panics_left > 0 {
            seen.panics_left -= 1;
            drop(seen);
            panic!("planted");
        }
        seen.dials += 1;
        let number = seen.dials;
        let connection =
            Connection { instance, sink, asked: None, answered: None, confirmed: false };
        seen.open.insert(number, connection);
        seen.open_most = seen.open_most.max(seen.open.len());
        self.stirred.notify_waiters();
        Box::new(PlayedLine { link: self.clone(), number })
    }

    fn linked_account(&self, _: InstanceId) -> Deed<'_, Result<Option<LinkedAccount>, Error>> {
        Box::pin(async {
            {
                let mut seen = self.seen();
                seen.recalls += 1;
                seen.recalls_most = seen.recalls_most.max(seen.recalls);
            }
            tokio::task::yield_now().await;
            let mut seen = self.seen();
            seen.recalls -= 1;
            if seen.recalls_to_fail > 0 {
                seen.recalls_to_fail -= 1;
                return Err(Error::new(Kind::Internal, "the disk is full"));
            }
            Ok(self.linked.clone())
        })
    }

    fn forget(&self, _: InstanceId) -> Deed<'_, Result<(), Error>> {
        let mut seen = self.seen();
        let succeeds = seen.forgets.pop_front().unwrap_or(true);
        if succeeds {
            seen.forgotten += 1;
        }
        let done =
            if succeeds { Ok(()) } else { Err(Error::new(Kind::Internal, "the disk is broken")) };
        Box::pin(std::future::ready(done))
    }
}

/// One connection, by the number of its dial.
#[derive(Debug)]
struct PlayedLine {
    link: PlayedLink,
    number: usize,
}

impl PlayedLine {
    fn end(&self, reason: EndReason) {
        let mut seen = self.link.seen();
        let Some(Connection { sink, .. }) = seen.open.remove(&self.number) else {
            // The test ended it, and the application has not heard of that yet.
            return;
        };
        let paired = std::mem::take(&mut seen.paired_at_hang_up);
        #[expect(clippy::disallowed_methods, reason = "a test")]
        tokio::task::spawn(async move {
            if paired {
                sink.deliver(LinkEvent::Paired(account())).await;
            }
            sink.deliver(LinkEvent::Ended(reason)).await;
        });
    }
}

impl Line for PlayedLine {
    fn hang_up(&self) {
        self.end(EndReason::HungUp);
    }

    fn log_out(&self) {
        let is_lost = {
            let mut seen = self.link.seen();
            seen.logouts += 1;
            seen.logouts_are_lost
        };
        self.end(if is_lost { EndReason::HungUp } else { EndReason::LoggedOutByUs });
    }

    fn request_pairing_code(&self, phone: &PhoneNumber) {
        if let Some(connection) = self.link.seen().open.get_mut(&self.number) {
            let before = connection.asked.replace(phone.clone());
            assert!(before.is_none(), "one connection was asked for two pairing codes");
        }
        self.link.stirred.notify_waiters();
    }

    fn answer_passkey(&self, assertion: PasskeyAssertion) {
        if let Some(connection) = self.link.seen().open.get_mut(&self.number) {
            let before = connection.answered.replace(assertion);
            assert!(before.is_none(), "one challenge was answered twice");
        }
        self.link.stirred.notify_waiters();
    }

    fn confirm_passkey(&self) {
        if let Some(connection) = self.link.seen().open.get_mut(&self.number) {
            assert!(!connection.confirmed, "one code was confirmed twice");
            connection.confirmed = true;
        }
        self.link.stirred.notify_waiters();
    }

    fn set_profile_picture(&self, jpeg: Vec<u8>) -> Deed<'static, Result<(), Error>> {
        let link = self.link.clone();
        Box::pin(async move {
            let pictures = link.seen().pictures;
            match pictures {
                Pictures::Taken => {
                    link.seen().pictures_taken.push(jpeg);
                    Ok(())
                }
                Pictures::Refused(kind) => Err(Error::new(kind, "WhatsApp refused the picture")),
                Pictures::Silent => std::future::pending().await,
            }
        })
    }

    fn fetch_media(
        &self,
        _: MediaKind,
        file: MediaFile,
        bytes_max: u64,
    ) -> Deed<'static, Result<Vec<u8>, Error>> {
        let hosts = {
            let mut seen = self.link.seen();
            seen.files_asked += 1;
            seen.hosts
        };
        Box::pin(async move {
            match hosts {
                Hosts::Giving if file.path.len() as u64 > bytes_max => {
                    Err(Error::new(Kind::Invalid, "the file is larger than it may be"))
                }
                Hosts::Giving => Ok(file.path.as_bytes().to_vec()),
                Hosts::Refusing(kind) => Err(Error::new(kind, "WhatsApp gives no files")),
            }
        })
    }

    fn profile_picture_url(&self) -> Deed<'static, Result<Option<String>, Error>> {
        let pictures = self.link.seen().pictures;
        Box::pin(async move {
            match pictures {
                Pictures::Taken => Ok(Some("https://pps.example/ann.jpg".into())),
                Pictures::Refused(kind) => Err(Error::new(kind, "WhatsApp refused to tell")),
                Pictures::Silent => std::future::pending().await,
            }
        })
    }

    fn send(&self, message: Outgoing) -> Deed<'static, Result<(), Unsent>> {
        let sending = {
            let mut seen = self.link.seen();
            seen.sent.push((Instant::now(), message));
            seen.next_sending.pop_front().unwrap_or(seen.sending)
        };
        self.link.stirred.notify_waiters();
        Box::pin(async move {
            match sending {
                Sending::Taken => Ok(()),
                Sending::Unsent(unsent) => Err(unsent),
                Sending::Silent => std::future::pending().await,
            }
        })
    }
}
