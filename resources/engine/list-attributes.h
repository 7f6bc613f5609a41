// Included ahead of tfjs-node's binding when it is compiled (scripts/lib/compile-binding.mjs).
//
// The binding sets every string attribute as one string and every type attribute as one type, so ops with attributes that are lists, such as
// TensorFlow's fused convolutions (fused_ops, TArgs), are out of its reach. Here an attribute that the op declares as a list is set as one:
// a string is split at commas, a type becomes a list of one. Everything else is set as before.
#ifndef PENUMBRA_LIST_ATTRIBUTES_H_
#define PENUMBRA_LIST_ATTRIBUTES_H_

#include <string>
#include <vector>

#include "tensorflow/c/eager/c_api.h"

namespace penumbra {

inline bool IsListAttribute(TFE_Op* op, const char* name) {
  TF_Status* status = TF_NewStatus();
  unsigned char is_list = 0;
  TFE_OpGetAttrType(op, name, &is_list, status);
  const bool known = TF_GetCode(status) == TF_OK;
  TF_DeleteStatus(status);
  return known && is_list != 0;
}

inline void SetString(TFE_Op* op, const char* name, const void* value, size_t length) {
  if (!IsListAttribute(op, name)) {
    TFE_OpSetAttrString(op, name, value, length);
    return;
  }
  const std::string text(static_cast<const char*>(value), length);
  std::vector<std::string> parts;
  for (size_t start = 0; start < text.size();) {
    const size_t comma = text.find(',', start);
    const size_t end = comma == std::string::npos ? text.size() : comma;
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  std::vector<const void*> values;
  std::vector<size_t> lengths;
  for (const std::string& part : parts) {
    values.push_back(part.data());
    lengths.push_back(part.size());
  }
  TFE_OpSetAttrStringList(op, name, values.data(), lengths.data(), static_cast<int>(parts.size()));
}

inline void SetType(TFE_Op* op, const char* name, TF_DataType value) {
  if (IsListAttribute(op, name)) {
    TFE_OpSetAttrTypeList(op, name, &value, 1);
  } else {
    TFE_OpSetAttrType(op, name, value);
  }
}

}  // namespace penumbra

#define TFE_OpSetAttrString penumbra::SetString
#define TFE_OpSetAttrType penumbra::SetType

#endif  // PENUMBRA_LIST_ATTRIBUTES_H_
