import { keyByKey, type SourceLayout } from './source-layout.ts';

/** PSA's names of the convolutions by their places among torchvision's `features`, which count ReLUs and pools too. */
const CONVOLUTIONS: ReadonlyMap<number, string> = new Map([
  [0, 'conv1_1'],
  [2, 'conv1_2'],
  [5, 'conv2_1'],
  [7, 'conv2_2'],
  [10, 'conv3_1'],
  [12, 'conv3_2'],
  [14, 'conv3_3'],
  [17, 'conv4_1'],
  [19, 'conv4_2'],
  [21, 'conv4_3'],
  [24, 'conv5_1'],
  [26, 'conv5_2'],
  [28, 'conv5_3'],
]);

/** torchvision's VGG-16 without batch norms. Its classifier reads 7 × 7 places of one photo: nothing of it fits fc6 and fc7, which are convolutions. */
export const TORCHVISION_VGG16: SourceLayout = {
  title: 'torchvision’s VGG-16',
  photos: 'imagenet',
  names: (keys) => {
    const found = keyByKey(keys, (key) => {
      if (/^classifier\.[036]\.(?:weight|bias)$/.test(key)) return { leftOut: 'of the ImageNet classifier, which the reference has not' };
      const [, place, part] = /^features\.(\d+)\.(weight|bias)$/.exec(key) ?? [];
      const name = CONVOLUTIONS.get(Number(place));
      return name === undefined || part === undefined ? null : { name: `${name}.${part}` };
    });
    // VGG-11 and 13 have keys among these.
    return keys.includes('features.28.weight') ? found : null;
  },
};
