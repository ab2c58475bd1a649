"""The operations that an exported model may be made of: arithmetic on tensors, and the variables of the model itself.

None of them reads or writes a file, opens a connection, runs other code, or keeps state beyond the model's variables.
A new one is added here when a part needs it; export says which one is missing. Left out on purpose, though they look harmless:
Print and its kin (can write to a file), ImmutableConst (maps a file), SymbolicGradient and PyFuncStateless (run other code).
"""

_ARITHMETIC = """
    Abs Acos Acosh Add AddN AddV2 Asin Asinh Atan Atan2 Atanh BesselI0e BesselI1e Betainc BitwiseAnd BitwiseOr BitwiseXor Cast
    Ceil ClipByValue Complex ComplexAbs Conj Cos Cosh Digamma Div DivNoNan Equal Erf Erfc Erfinv Exp Expm1 Floor FloorDiv
    FloorMod Greater GreaterEqual Igamma IgammaGradA Igammac Imag Inv Invert IsFinite IsInf IsNan LeftShift Less LessEqual
    Lgamma Log Log1p LogicalAnd LogicalNot LogicalOr Maximum Minimum Mod Mul MulNoNan Ndtri Neg NextAfter NotEqual Polygamma Pow
    RandomGammaGrad Real RealDiv Reciprocal ReciprocalGrad RightShift Rint Round Rsqrt Sign Sin Sinh Sqrt Square
    SquaredDifference Sub Tan Tanh TruncateDiv TruncateMod Xdivy Xlog1py Xlogy Zeta
"""
_ARRAYS = """
    BatchToSpaceND Bitcast BroadcastArgs BroadcastGradientArgs BroadcastTo ConcatOffset ConcatV2 Const DepthToSpace
    DynamicStitch Empty EnsureShape ExpandDims Fill Gather GatherNd GatherV2 Identity IdentityN InvertPermutation LinSpace
    LowerBound MatrixBandPart MatrixDiag MatrixDiagPart MatrixDiagPartV3 MatrixDiagV3 MatrixSetDiagV3 MirrorPad OneHot OnesLike
    Pack Pad PadV2 Placeholder PlaceholderWithDefault Range Rank Reshape ResizeBilinear ResizeNearestNeighbor Reverse ReverseV2
    Roll ScatterNd Select SelectV2 Shape ShapeN Size Slice SpaceToBatchND SpaceToDepth Split SplitV Squeeze StridedSlice
    StridedSliceGrad TensorScatterAdd TensorScatterUpdate Tile TopKV2 Transpose UniqueWithCountsV2 Unpack UpperBound Where
    ZerosLike
"""
_REDUCTIONS = """
    All Any ArgMax ArgMin Bincount Cumprod Cumsum CumulativeLogsumexp EuclideanNorm Max Mean Min Prod SegmentMean SegmentSum
    SegmentSumV2 Sum UnsortedSegmentSum
"""
_LINEAR_ALGEBRA = """
    BatchMatMul BatchMatMulV2 BatchMatMulV3 Cholesky Einsum LogMatrixDeterminant MatMul MatrixDeterminant MatrixInverse
    MatrixSolve MatrixTriangularSolve Qr SelfAdjointEigV2 Svd
"""
_NETWORKS = """
    AvgPool AvgPoolGrad BiasAdd BiasAddGrad Conv2D Conv2DBackpropFilter Conv2DBackpropInput Conv3D Conv3DBackpropInputV2
    DepthwiseConv2dNative Elu EluGrad FusedBatchNormGradV3 FusedBatchNormV3 L2Loss LeakyRelu LeakyReluGrad LogSoftmax MaxPool
    MaxPoolGrad Relu Relu6 Relu6Grad ReluGrad ResizeBilinearGrad ResizeNearestNeighborGrad RsqrtGrad Selu SeluGrad Sigmoid
    SigmoidGrad Softmax SoftmaxCrossEntropyWithLogits Softplus SoftplusGrad Softsign SparseSoftmaxCrossEntropyWithLogits
    SqrtGrad TanhGrad
"""
_RANDOM = """
    StatelessMultinomial StatelessParameterizedTruncatedNormal StatelessRandomBinomial StatelessRandomGammaV2
    StatelessRandomGammaV3 StatelessRandomGetAlg StatelessRandomGetKeyCounter StatelessRandomGetKeyCounterAlg
    StatelessRandomNormal StatelessRandomNormalV2 StatelessRandomPoisson StatelessRandomUniform StatelessRandomUniformFullInt
    StatelessRandomUniformFullIntV2 StatelessRandomUniformInt StatelessRandomUniformIntV2 StatelessRandomUniformV2
    StatelessShuffle StatelessTruncatedNormal StatelessTruncatedNormalV2
"""
_CONTROL_FLOW = """
    Assert Case If NoOp PartitionedCall PreventGradient StatefulPartitionedCall StatelessCase StatelessIf StatelessWhile
    StopGradient While
"""
_LISTS = """
    EmptyTensorList TensorListConcatV2 TensorListElementShape TensorListFromTensor TensorListGather TensorListGetItem
    TensorListLength TensorListPopBack TensorListPushBack TensorListReserve TensorListResize TensorListSetItem TensorListStack
"""
_VARIABLES = "AssignAddVariableOp AssignSubVariableOp AssignVariableOp ReadVariableOp ResourceGather VariableShape"

ALLOWED = frozenset(
    " ".join(
        (_ARITHMETIC, _ARRAYS, _REDUCTIONS, _LINEAR_ALGEBRA, _NETWORKS, _RANDOM, _CONTROL_FLOW, _LISTS, _VARIABLES)
    ).split()
)
# Makes a variable known by its name, which inside of a function could be one of somebody else's.
ONLY_OUTSIDE_FUNCTIONS = frozenset({"VarHandleOp"})
# Read and write files, and stand in every SavedModel: in the functions that save and restore its weights.
SAVER = frozenset({"SaveV2", "RestoreV2", "MergeV2Checkpoints", "ShardedFilename"})
# Harmless themselves; only the saver needs them.
BESIDE_THE_SAVER = frozenset({"DisableCopyOnRead", "StaticRegexFullMatch", "StringJoin"})
