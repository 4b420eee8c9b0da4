mod clear_webhooks_queue;
mod delete_notification;
mod download_file;
mod get_webhooks_count;
mod messages;
mod news;
mod push;
mod receive_notification;
