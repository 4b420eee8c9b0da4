//! Everything that a storage of the library can be asked, in small numbers.
#![expect(clippy::wildcard_enum_match_arm, reason = "each function asks what is its own")]

use std::fmt::Debug;

use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::select;
use whatsapp_rust::store::error::Result as StoreResult;
use whatsapp_rust::store::traits::{
    AppStateSyncKey, Backend, DeviceInfo, DeviceListRecord, MsgSecretEntry, PendingInboundKey,
    PendingInboundRow, TcTokenEntry,
};
use whatsapp_rust::wacore::appstate::hash::HashState;
use whatsapp_rust::wacore::appstate::processor::AppStateMutationMAC;
use whatsapp_rust::wacore::store::Device;

use crate::house::mapping;

/// A method with small numbers for what it is given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    method: Method,
    a: u8,
    b: u8,
    c: u8,
}

macro_rules! methods {
    ($($method:ident,)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Method {
            $($method,)*
        }

        const METHODS: &[Method] = &[$(Method::$method,)*];
    };
}

methods! {
    PutIdentity, PutIdentities, LoadIdentity, DeleteIdentity,
    GetSession, PutSession, PutSessions, DeleteSession, HasSession, HasStateForUser,
    StorePrekey, StorePrekeys, LoadPrekey, LoadPrekeys, MarkPrekeys, RemovePrekey, MaxPrekey,
    StoreSigned, LoadSigned, LoadAllSigned, RemoveSigned,
    PutSenderKey, PutSenderKeys, GetSenderKey, DeleteSenderKey,
    GetSyncKey, SetSyncKey, LatestSyncKey, GetVersion, SetVersion,
    PutMacs, GetMac, GetMacs, DeleteMacs, ClearMacs,
    GetGroupDevices, SetGroupDevices, ClearGroup, ClearAllGroups, DeleteDeviceRows,
    GetLid, GetPhone, PutMapping, PutMappings, AllMappings,
    SaveBaseKey, SameBaseKey, DeleteBaseKey,
    UpdateDevices, UpdateDeviceLists, GetDevices, DeleteDevices,
    GetGroup, PutGroup, DeleteGroup,
    GetToken, PutToken, DeleteToken, AllTokens, ExpireTokens, TouchToken, ReceiveToken,
    StoreSent, TakeSent, ExpireSent,
    StorePending, StorePendings, GetPending, DeletePending, DeletePendings, ExpirePending,
    PutSecret, PutSecrets, GetSecret, GetSecretTime, ExpireSecrets,
    Save, Load, Exists, Create,
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    (select(METHODS), 0..4_u8, 0..4_u8, 0..4_u8).prop_map(|(method, a, b, c)| Step {
        method,
        a,
        b,
        c,
    })
}

/// A device that is the same wherever it is saved.
pub(crate) fn fixed_device() -> Device {
    Device::new()
}

fn address(number: u8) -> &'static str {
    ["15550001111@s.whatsapp.net", "15550001111:1@s.whatsapp.net", "155500011@lid", "nobody"]
        [usize::from(number)]
}

fn user(number: u8) -> &'static str {
    ["15550001111", "155500011", "1555000", "nobody"][usize::from(number)]
}

fn name(number: u8) -> &'static str {
    ["regular", "regular_low", "critical", ""][usize::from(number)]
}

/// Ids of one account have numbers of their own: where two share one the library's memory is wrong.
fn pair(lid: u8, phone: u8) -> [String; 2] {
    [format!("10000{lid}"), format!("1555000{lid}{}", phone % 2)]
}

fn mac(index: u8, value: u8) -> AppStateMutationMAC {
    AppStateMutationMAC { index_mac: vec![index; 32], value_mac: vec![value; 32] }
}

/// Far before every time that is now, or far behind it.
fn cutoff(number: u8) -> i64 {
    if number == 0 { i64::MAX / 2 } else { i64::from(number) }
}

#[expect(clippy::needless_pass_by_value, reason = "of a call, whose answer nobody else wants")]
fn shown<T: Debug>(answer: StoreResult<T>) -> String {
    format!("{answer:?}")
}

/// Where no order is promised, there is none to compare.
fn sorted<T: Debug>(answer: StoreResult<impl IntoIterator<Item = T>>) -> String {
    shown(answer.map(|all| {
        let mut all: Vec<String> = all.into_iter().map(|one| format!("{one:?}")).collect();
        all.sort();
        all
    }))
}

impl Step {
    /// What a storage answers to it, to be compared.
    pub(crate) async fn answer(&self, keys: &dyn Backend, device: &Device) -> String {
        if let Some(answer) = self.of_ratchets(keys).await {
            return answer;
        }
        if let Some(answer) = self.of_prekeys(keys).await {
            return answer;
        }
        if let Some(answer) = self.of_account_state(keys).await {
            return answer;
        }
        if let Some(answer) = self.of_others(keys).await {
            return answer;
        }
        if let Some(answer) = self.of_tokens(keys).await {
            return answer;
        }
        if let Some(answer) = self.of_messages(keys).await {
            return answer;
        }
        self.of_the_device(keys, device).await
    }

    async fn of_ratchets(&self, keys: &dyn Backend) -> Option<String> {
        let &Self { method, a, b, c } = self;
        let (one, two) = (address(a), address(b));
        let values = [Bytes::from(vec![c; 3]), Bytes::from(vec![c, a, b])];
        let both = || [(one.into(), values[0].clone()), (two.into(), values[1].clone())];
        Some(match method {
            Method::PutIdentity => shown(keys.put_identity(one, [c; 32]).await),
            Method::PutIdentities => {
                let both = [(one.into(), [b; 32]), (two.into(), [c; 32])];
                shown(keys.put_identities_batch(&both).await)
            }
            Method::LoadIdentity => shown(keys.load_identity(one).await),
            Method::DeleteIdentity => shown(keys.delete_identity(one).await),
            Method::GetSession => shown(keys.get_session(one).await),
            Method::PutSession => shown(keys.put_session(one, &values[0]).await),
            Method::PutSessions => shown(keys.put_sessions_batch(&both()).await),
            Method::DeleteSession => shown(keys.delete_session(one).await),
            Method::HasSession => shown(keys.has_session(one).await),
            Method::HasStateForUser => shown(keys.has_signal_state_for_user(user(a)).await),
            Method::PutSenderKey => shown(keys.put_sender_key(one, &values[0]).await),
            Method::PutSenderKeys => shown(keys.put_sender_keys_batch(&both()).await),
            Method::GetSenderKey => shown(keys.get_sender_key(one).await),
            Method::DeleteSenderKey => shown(keys.delete_sender_key(one).await),
            _ => return None,
        })
    }

    async fn of_prekeys(&self, keys: &dyn Backend) -> Option<String> {
        let &Self { method, a, b, c } = self;
        let id = u32::from(a) * 0x4000_0001;
        let ids = [id, u32::from(b), id];
        let record = Bytes::from(vec![c; 5]);
        Some(match method {
            Method::StorePrekey => shown(keys.store_prekey(id, &record, b == 0).await),
            Method::StorePrekeys => {
                let both = [(id, record), (u32::from(b), Bytes::new())];
                shown(keys.store_prekeys_batch(&both, c == 0).await)
            }
            Method::LoadPrekey => shown(keys.load_prekey(id).await),
            Method::LoadPrekeys => shown(keys.load_prekeys_batch(&ids).await),
            Method::MarkPrekeys => shown(keys.mark_prekeys_uploaded(&ids).await),
            Method::RemovePrekey => shown(keys.remove_prekey(id).await),
            Method::MaxPrekey => shown(keys.get_max_prekey_id().await),
            Method::StoreSigned => shown(keys.store_signed_prekey(id, &record).await),
            Method::LoadSigned => shown(keys.load_signed_prekey(id).await),
            Method::LoadAllSigned => sorted(keys.load_all_signed_prekeys().await),
            Method::RemoveSigned => shown(keys.remove_signed_prekey(id).await),
            _ => return None,
        })
    }

    async fn of_account_state(&self, keys: &dyn Backend) -> Option<String> {
        let &Self { method, a, b, c } = self;
        Some(match method {
            Method::GetSyncKey => shown(keys.get_sync_key(&[a]).await),
            Method::SetSyncKey => {
                let (key_data, fingerprint) = (vec![b; 32], vec![c]);
                let key = AppStateSyncKey { key_data, fingerprint, timestamp: i64::from(c) };
                shown(keys.set_sync_key(&[a], key).await)
            }
            Method::LatestSyncKey => shown(keys.get_latest_sync_key_id().await),
            Method::GetVersion => shown(keys.get_version(name(a)).await.map(|it| {
                let entries: Vec<_> = it.index_value_map.into_iter().collect();
                (it.version, it.hash, entries)
            })),
            Method::SetVersion => {
                let index_value_map = [("index".to_owned(), vec![b])].into();
                let version = u64::from(b);
                let state =
                    HashState { version, hash: [c; 128], index_value_map, ..HashState::default() };
                shown(keys.set_version(name(a), state).await)
            }
            Method::PutMacs => {
                shown(keys.put_mutation_macs(name(a), 1, &[mac(b, c), mac(c, b)]).await)
            }
            Method::GetMac => shown(keys.get_mutation_mac(name(a), &[b; 32]).await),
            Method::GetMacs => sorted(keys.get_mutation_macs(name(a), &[[b; 32], [c; 32]]).await),
            Method::DeleteMacs => {
                shown(keys.delete_mutation_macs(name(a), &[vec![b; 32], vec![9]]).await)
            }
            Method::ClearMacs => shown(keys.clear_mutation_macs(name(a)).await),
            _ => return None,
        })
    }

    async fn of_others(&self, keys: &dyn Backend) -> Option<String> {
        let &Self { method, a, b, c } = self;
        let [lid, phone] = pair(a, b);
        let devices = |number| DeviceListRecord {
            user: user(number).to_owned(),
            devices: vec![DeviceInfo::new(u32::from(c), Some(1))],
            timestamp: i64::from(b),
            phash: (c == 0).then(|| "hash".to_owned()),
            raw_id: (c == 1).then_some(7),
        };
        Some(match method {
            Method::GetGroupDevices => sorted(keys.get_sender_key_devices(name(a)).await),
            Method::SetGroupDevices => {
                let entries = [(address(b), true), (address(c), false)];
                shown(keys.set_sender_key_status(name(a), &entries[..usize::from(b % 3)]).await)
            }
            Method::ClearGroup => shown(keys.clear_sender_key_devices(name(a)).await),
            Method::ClearAllGroups => shown(keys.clear_all_sender_key_devices().await),
            Method::DeleteDeviceRows => {
                let gone = [address(b), address(c)];
                shown(keys.delete_sender_key_device_rows(&gone[..usize::from(a % 3)]).await)
            }
            Method::GetLid => shown(keys.get_lid_mapping(&lid).await),
            Method::GetPhone => shown(keys.get_pn_mapping(&phone).await),
            Method::PutMapping => shown(keys.put_lid_mapping(&mapping(&lid, &phone)).await),
            Method::PutMappings => {
                let [other_lid, other_phone] = pair(c, a);
                let both = [mapping(&lid, &phone), mapping(&other_lid, &other_phone)];
                shown(keys.put_lid_mappings(&both).await)
            }
            Method::AllMappings => sorted(keys.get_all_lid_mappings().await),
            Method::SaveBaseKey => shown(keys.save_base_key(address(a), name(b), &[c]).await),
            Method::SameBaseKey => shown(keys.has_same_base_key(address(a), name(b), &[c]).await),
            Method::DeleteBaseKey => shown(keys.delete_base_key(address(a), name(b)).await),
            Method::UpdateDevices => shown(keys.update_device_list(devices(a)).await),
            Method::UpdateDeviceLists => {
                shown(keys.update_device_lists(vec![devices(a), devices(b)]).await)
            }
            Method::GetDevices => shown(keys.get_devices(user(a)).await),
            Method::DeleteDevices => shown(keys.delete_devices(user(a)).await),
            Method::GetGroup => shown(keys.get_group_metadata(name(a)).await),
            Method::PutGroup => shown(keys.put_group_metadata(name(a), &[b, c]).await),
            Method::DeleteGroup => shown(keys.delete_group_metadata(name(a)).await),
            _ => return None,
        })
    }

    async fn of_tokens(&self, keys: &dyn Backend) -> Option<String> {
        let &Self { method, a, b, c } = self;
        let (of, at) = (address(a), i64::from(c));
        let token = vec![b; usize::from(b)];
        Some(match method {
            Method::GetToken => shown(keys.get_tc_token(of).await),
            Method::PutToken => {
                let sender_timestamp = (b > 1).then_some(at);
                let entry = TcTokenEntry { token, token_timestamp: at, sender_timestamp };
                shown(keys.put_tc_token(of, &entry).await)
            }
            Method::DeleteToken => shown(keys.delete_tc_token(of).await),
            Method::AllTokens => sorted(keys.get_all_tc_token_jids().await),
            Method::ExpireTokens => {
                shown(keys.delete_expired_tc_tokens(i64::from(b), i64::from(c)).await)
            }
            Method::TouchToken => shown(keys.touch_tc_token_sender_timestamp(of, at).await),
            Method::ReceiveToken => shown(keys.store_received_tc_token(of, &token, at).await),
            _ => return None,
        })
    }

    async fn of_messages(&self, keys: &dyn Backend) -> Option<String> {
        let &Self { method, a, b, c } = self;
        let (chat, sender, id) = (address(a), address(b), name(c));
        let entry = |sender: u8, expires_at: u8| MsgSecretEntry {
            chat: chat.into(),
            sender: address(sender).into(),
            msg_id: id.into(),
            secret: [expires_at; 32],
            expires_at: i64::from(expires_at),
            message_ts: i64::from(sender),
        };
        let row = |message| PendingInboundRow { chat, sender, id, message };
        let (first, second) = ([a], [c]);
        Some(match method {
            Method::StoreSent => shown(keys.store_sent_message(chat, id, &[b]).await),
            Method::TakeSent => shown(keys.take_sent_message(chat, id).await),
            Method::ExpireSent => shown(keys.delete_expired_sent_messages(cutoff(a)).await),
            Method::StorePending => {
                shown(keys.store_pending_inbound(chat, sender, id, &[a, b]).await)
            }
            Method::StorePendings => {
                let again = PendingInboundRow { sender: chat, ..row(&second) };
                shown(keys.store_pending_inbound_batch(&[row(&first), again]).await)
            }
            Method::GetPending => shown(keys.get_pending_inbound(chat, sender, id).await),
            Method::DeletePending => shown(keys.delete_pending_inbound(chat, sender, id).await),
            Method::DeletePendings => {
                let one = PendingInboundKey { chat, sender, id };
                let two = PendingInboundKey { chat, sender: chat, id };
                shown(keys.delete_pending_inbound_batch(&[one, two]).await)
            }
            Method::ExpirePending => shown(keys.delete_expired_pending_inbound(cutoff(a)).await),
            Method::PutSecret => shown(keys.put_msg_secret(chat, sender, id, &[b; 32]).await),
            Method::PutSecrets => {
                shown(keys.put_msg_secrets(vec![entry(b, a), entry(b, c), entry(a, b)]).await)
            }
            Method::GetSecret => shown(keys.get_msg_secret(chat, sender, id).await),
            Method::GetSecretTime => shown(keys.get_msg_secret_with_ts(chat, sender, id).await),
            Method::ExpireSecrets => shown(keys.delete_expired_msg_secrets(i64::from(a)).await),
            _ => return None,
        })
    }

    async fn of_the_device(&self, keys: &dyn Backend, device: &Device) -> String {
        let &Self { method, a, .. } = self;
        match method {
            Method::Save => {
                let saved = Device { push_name: format!("name {a}"), ..device.clone() };
                shown(keys.save(&saved).await)
            }
            Method::Load => shown(keys.load().await.map(|loaded| {
                // One that was created has keys of its own, and no name.
                loaded.map(|it| (!it.push_name.is_empty()).then(|| serde_json::to_string(&it)))
            })),
            Method::Exists => shown(keys.exists().await),
            Method::Create => shown(keys.create().await),
            method => unreachable!("{method:?} is asked elsewhere"),
        }
    }
}
