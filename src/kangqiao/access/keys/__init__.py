"""Machine keys (接口密钥): what an institution's machines sign their calls with."""
