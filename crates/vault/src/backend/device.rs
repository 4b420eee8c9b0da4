//! The device itself.

use async_trait::async_trait;
use waygate_core::port::records::{RecordKey, RecordKind};
use whatsapp_rust::store::error::Result as StoreResult;
use whatsapp_rust::store::traits::DeviceStore;
use whatsapp_rust::wacore::store::Device;

use super::SealedKeys;

const KIND: RecordKind = RecordKind::Device;

#[async_trait]
impl DeviceStore for SealedKeys {
    async fn save(&self, device: &Device) -> StoreResult<()> {
        let _turn = self.chest.turns.device.lock().await;
        self.keep(device).await
    }

    async fn load(&self) -> StoreResult<Option<Device>> {
        let found = self.chest.get(KIND, RecordKey::default()).await?;
        Ok(found.map(|value| self.chest.read_json(KIND, &value)).transpose()?)
    }

    async fn exists(&self) -> StoreResult<bool> {
        Ok(self.chest.get(KIND, RecordKey::default()).await?.is_some())
    }

    async fn create(&self) -> StoreResult<i32> {
        let _turn = self.chest.turns.device.lock().await;
        let number = self.chest.next_device();
        if !self.exists().await? {
            self.keep(&Device::new()).await?;
        }
        Ok(number)
    }
}

impl SealedKeys {
    async fn keep(&self, device: &Device) -> StoreResult<()> {
        let value = self.chest.to_json(KIND, device)?;
        let put = self.chest.put(KIND, RecordKey::default(), &value)?;
        Ok(self.chest.change_one(put).await?)
    }
}
