# The target `demo`: quantizes the sample model both ways and prints what that cost.
file(RELATIVE_PATH demo_output ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
set(demo_model data/models/fashion_resnet.onnx)
set(demo_normalization --scale 1/255 --mean 0.2860 --std 0.3530)

add_custom_target(demo
  COMMAND qtool dynamic ${demo_model} ${demo_output}/dynamic.onnx
  COMMAND qtool static ${demo_model} ${demo_output}/static.onnx --calib data/calib/fashion
          ${demo_normalization}
  COMMAND qtool bench ${demo_model} ${demo_output}/dynamic.onnx ${demo_output}/static.onnx
          --data data/eval/fashion/images.npz --labels data/eval/fashion/labels.npy
          ${demo_normalization}
  WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
  COMMENT "Quantizing and measuring ${demo_model}"
  USES_TERMINAL VERBATIM)
