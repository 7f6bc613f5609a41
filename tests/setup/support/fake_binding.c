/* Stands for the compiled binding: a real add-on that reports a version, so that loading it is real as well. */
#include <node_api.h>

static napi_value init(napi_env env, napi_value exports) {
  napi_value version;
  napi_create_string_utf8(env, "9.9.9", NAPI_AUTO_LENGTH, &version);
  napi_set_named_property(env, exports, "TF_Version", version);
  return exports;
}

NAPI_MODULE(fake_binding, init)
