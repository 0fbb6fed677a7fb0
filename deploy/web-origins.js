'use strict';

// Pages of these origins may call the API: WEB_ORIGINS="https://chat.example.com,https://example.org".
module.exports = () => (process.env.WEB_ORIGINS || 'https://localhost').split(',');
