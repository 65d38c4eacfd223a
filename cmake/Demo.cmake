# The target `demo`: quantizes the sample model both ways and prints what that cost.
set(demo_model ${PROJECT_SOURCE_DIR}/data/models/fashion_resnet.onnx)
set(demo_calibration --calib ${PROJECT_SOURCE_DIR}/data/calib/fashion)
set(demo_images --data ${PROJECT_SOURCE_DIR}/data/eval/fashion/images.npz
    --labels ${PROJECT_SOURCE_DIR}/data/eval/fashion/labels.npy)
set(demo_normalization --scale 1/255 --mean 0.2860 --std 0.3530)

add_custom_target(demo
  COMMAND qtool dynamic ${demo_model} dynamic.onnx
  COMMAND qtool static ${demo_model} static.onnx ${demo_calibration} ${demo_normalization}
  COMMAND qtool bench ${demo_model} dynamic.onnx static.onnx ${demo_images} ${demo_normalization}
  WORKING_DIRECTORY ${PROJECT_BINARY_DIR}
  COMMENT "Quantizing and measuring data/models/fashion_resnet.onnx"
  USES_TERMINAL VERBATIM)
