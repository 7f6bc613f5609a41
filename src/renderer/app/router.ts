import { createRouter, createWebHashHistory } from 'vue-router';

/** Every object has an address: an image in Look and Fix, a run in Runs and Score; filters stand in the query. Hash routes, so that any static server will do. */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', redirect: '/data' },
    { path: '/start', name: 'start', component: () => import('../pages/start/StartPage.vue') },
    { path: '/data', name: 'data', component: () => import('../pages/data/DataPage.vue') },
    { path: '/look/:imageId?', name: 'look', component: () => import('../pages/look/LookPage.vue'), props: true },
    { path: '/fix/:imageId?', name: 'fix', component: () => import('../pages/fix/FixPage.vue'), props: true },
    { path: '/runs/:runId?', name: 'runs', component: () => import('../pages/runs/RunsPage.vue'), props: true },
    { path: '/score/:runId?', name: 'score', component: () => import('../pages/score/ScorePage.vue'), props: true },
    { path: '/out', name: 'out', component: () => import('../pages/out/OutPage.vue') },
    { path: '/:rest(.*)', name: 'nowhere', component: () => import('./NowherePage.vue') },
  ],
});
