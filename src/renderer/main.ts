import { createPinia } from 'pinia';
import { createApp } from 'vue';
import * as z from 'zod';
import App from './app/App.vue';
import { router } from './app/router.ts';
import './ui/base.css';
import './ui/controls.css';

// The Content-Security-Policy allows no code from strings.
z.config({ jitless: true });

createApp(App).use(createPinia()).use(router).mount('#app');
