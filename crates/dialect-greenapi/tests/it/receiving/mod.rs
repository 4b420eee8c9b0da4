mod clear_webhooks_queue;
mod delete_notification;
mod get_webhooks_count;
mod news;
mod push;
mod receive_notification;
