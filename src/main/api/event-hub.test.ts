import { describe, expect, test } from 'vitest';
import { EventHub } from './event-hub.ts';

function hubWith(count: number, capacity: number): EventHub {
  const hub = new EventHub({ firstNumber: 1000, capacity });
  for (let i = 0; i < count; i++) hub.publish('exports.progress', { exportId: 'some-export', done: i, total: count });
  return hub;
}

describe('EventHub', () => {
  test('numbers grow by one from the first number', () => {
    expect(hubWith(3, 10).after(1000).events.map((event) => event.number)).toEqual([1001, 1002, 1003]);
  });

  test('a reader in the middle gets the rest', () => {
    const backlog = hubWith(5, 10).after(1003);
    expect(backlog).toMatchObject({ complete: true, events: [{ number: 1004 }, { number: 1005 }] });
  });

  test('a reader who has seen all gets nothing', () => {
    expect(hubWith(5, 10).after(1005)).toEqual({ complete: true, events: [] });
    expect(hubWith(0, 10).after(1000)).toEqual({ complete: true, events: [] });
  });

  test('a reader whose next event was dropped must resync', () => {
    const hub = hubWith(20, 5); // keeps 1016..1020
    expect(hub.after(1015).complete).toBe(true);
    expect(hub.after(1014).complete).toBe(false);
  });

  test('a reader of another core must resync', () => {
    expect(hubWith(0, 5).after(999).complete).toBe(false);
    expect(hubWith(3, 5).after(0).complete).toBe(false);
    expect(hubWith(3, 5).after(5000).complete).toBe(false);
  });

  test('readers hear events until they unsubscribe', () => {
    const hub = hubWith(0, 5);
    const heard: number[] = [];
    const unsubscribe = hub.subscribe((event) => heard.push(event.number));
    hub.publish('project.changed', {});
    unsubscribe();
    hub.publish('project.changed', {});
    expect(heard).toEqual([1001]);
  });
});
