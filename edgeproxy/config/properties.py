"""Every property that is known in the mappings we read, in CloudFormation's and the API's spelling: one literal table.

Sources: the API model 2020-05-31, the CloudFormation resource reference, the SAM specification. A property that is not here
is unknown and a problem; one that is here and in `not_honoured.TABLE` is reported when it is set.
"""

from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BEHAVIOR = """
    AllowedMethods CachedMethods CachePolicyId Compress DefaultTTL FieldLevelEncryptionId ForwardedValues
    FunctionAssociations GrpcConfig LambdaFunctionAssociations MaxTTL MinTTL OriginRequestPolicyId RealtimeLogConfigArn
    ResponseHeadersPolicyId SmoothStreaming TargetOriginId TrustedKeyGroups TrustedSigners ViewerProtocolPolicy
"""

PROPERTIES: Mapping[str, frozenset[str]] = {
    # A distribution and its parts
    "Distribution": _words("DistributionConfig Tags"),
    "DistributionConfig": _words("""
        Aliases AnycastIpListId CacheBehaviors CacheTagConfig CallerReference Comment ConnectionFunctionAssociation
        ConnectionMode ContinuousDeploymentPolicyId CustomErrorResponses DefaultCacheBehavior DefaultRootObject Enabled
        HttpVersion IPV6Enabled IsIPV6Enabled Logging OriginGroups Origins PriceClass Restrictions Staging TenantConfig
        ViewerCertificate ViewerMtlsConfig WebACLId
    """),
    "Restrictions": _words("GeoRestriction"),
    "GeoRestriction": _words("Items Locations Quantity RestrictionType"),
    "Origin": _words("""
        ConnectionAttempts ConnectionTimeout CustomHeaders CustomOriginConfig DomainName Id OriginAccessControlId
        OriginCustomHeaders OriginPath OriginShield ResponseCompletionTimeout S3OriginConfig VpcOriginConfig
    """),
    "CustomOriginConfig": _words("""
        HTTPPort HTTPSPort IpAddressType OriginHttpVersion OriginKeepaliveTimeout OriginMtlsConfig OriginProtocolPolicy
        OriginReadTimeout OriginSSLProtocols OriginSslProtocols
    """),
    "S3OriginConfig": _words("OriginAccessIdentity OriginReadTimeout"),
    "VpcOriginConfig": _words("OriginHttpVersion OriginKeepaliveTimeout OriginReadTimeout OwnerAccountId VpcOriginId"),
    "WebsiteConfiguration": _words("ErrorDocument IndexDocument RedirectAllRequestsTo RoutingRules"),
    "IndexDocument": _words("Suffix"),
    "ErrorDocument": _words("Key"),
    "RedirectAllRequestsTo": _words("HostName Protocol"),
    "OriginShield": _words("Enabled OriginShieldRegion"),
    "OriginCustomHeader": _words("HeaderName HeaderValue"),
    "OriginGroup": _words("FailoverCriteria Id Members SelectionCriteria"),
    "FailoverCriteria": _words("StatusCodes"),
    "OriginGroupMember": _words("OriginId"),
    "DefaultCacheBehavior": _words(_BEHAVIOR),
    "CacheBehavior": _words(_BEHAVIOR + "PathPattern"),
    "AllowedMethods": _words("CachedMethods Items Quantity"),
    "ForwardedValues": _words("Cookies Headers QueryString QueryStringCacheKeys"),
    "Cookies": _words("Forward WhitelistedNames"),
    "FunctionAssociation": _words("EventType FunctionARN"),
    "LambdaFunctionAssociation": _words("EventType IncludeBody LambdaFunctionARN"),
    "CustomErrorResponse": _words("ErrorCachingMinTTL ErrorCode ResponseCode ResponsePagePath"),
    # Policies
    "CachePolicy": _words("CachePolicyConfig"),
    "CachePolicyConfig": _words("Comment DefaultTTL MaxTTL MinTTL Name ParametersInCacheKeyAndForwardedToOrigin"),
    "ParametersInCacheKeyAndForwardedToOrigin": _words(
        "CookiesConfig EnableAcceptEncodingBrotli EnableAcceptEncodingGzip HeadersConfig QueryStringsConfig"
    ),
    "HeadersConfig": _words("HeaderBehavior Headers"),
    "CookiesConfig": _words("CookieBehavior Cookies"),
    "QueryStringsConfig": _words("QueryStringBehavior QueryStrings"),
    "OriginRequestPolicy": _words("OriginRequestPolicyConfig"),
    "OriginRequestPolicyConfig": _words("Comment CookiesConfig HeadersConfig Name QueryStringsConfig"),
    "ResponseHeadersPolicy": _words("ResponseHeadersPolicyConfig"),
    "ResponseHeadersPolicyConfig": _words(
        "Comment CorsConfig CustomHeadersConfig Name RemoveHeadersConfig SecurityHeadersConfig ServerTimingHeadersConfig"
    ),
    "CorsConfig": _words("""
        AccessControlAllowCredentials AccessControlAllowHeaders AccessControlAllowMethods AccessControlAllowOrigins
        AccessControlExposeHeaders AccessControlMaxAgeSec OriginOverride
    """),
    "SecurityHeadersConfig": _words(
        "ContentSecurityPolicy ContentTypeOptions FrameOptions ReferrerPolicy StrictTransportSecurity XSSProtection"
    ),
    "ContentSecurityPolicy": _words("ContentSecurityPolicy Override"),
    "ContentTypeOptions": _words("Override"),
    "FrameOptions": _words("FrameOption Override"),
    "ReferrerPolicy": _words("Override ReferrerPolicy"),
    "StrictTransportSecurity": _words("AccessControlMaxAgeSec IncludeSubdomains Override Preload"),
    "XSSProtection": _words("ModeBlock Override Protection ReportUri"),
    "ServerTimingHeadersConfig": _words("Enabled SamplingRate"),
    "CustomHeader": _words("Header Override Value"),
    "RemoveHeader": _words("Header"),
    "OriginAccessControl": _words("OriginAccessControlConfig"),
    "OriginAccessControlConfig": _words("Description Name OriginAccessControlOriginType SigningBehavior SigningProtocol"),
    "KeyGroup": _words("KeyGroupConfig"),
    "KeyGroupConfig": _words("Comment Items Name"),
    "PublicKey": _words("PublicKeyConfig"),
    "PublicKeyConfig": _words("CallerReference Comment EncodedKey Name"),
    # Functions
    "Function": _words("AutoPublish FunctionCode FunctionConfig FunctionMetadata Name Tags"),
    "FunctionConfig": _words("Comment KeyValueStoreAssociations Runtime"),
    "KeyValueStoreAssociation": _words("KeyValueStoreARN"),
    "KeyValueStore": _words("Comment ImportSource Name Tags"),
    "ImportSource": _words("SourceArn SourceType"),
    "LambdaFunction": _words("""
        Architectures Code CodeSigningConfigArn DeadLetterConfig Description Environment EphemeralStorage FileSystemConfigs
        FunctionName Handler ImageConfig KmsKeyArn Layers LoggingConfig MemorySize PackageType RecursiveLoop
        ReservedConcurrentExecutions Role Runtime RuntimeManagementConfig SnapStart Tags Timeout TracingConfig VpcConfig
    """),
    "ServerlessFunction": _words("""
        Architectures AssumeRolePolicyDocument AutoPublishAlias AutoPublishAliasAllProperties AutoPublishCodeSha256
        CapacityProviderConfig CodeSigningConfigArn CodeUri DeadLetterQueue DeploymentPreference Description DurableConfig
        Environment EphemeralStorage EventInvokeConfig Events FileSystemConfigs FunctionName FunctionScalingConfig
        FunctionUrlConfig Handler ImageConfig ImageUri InlineCode KmsKeyArn Layers LoggingConfig MemorySize PackageType
        PermissionsBoundary Policies PropagateTags ProvisionedConcurrencyConfig PublishToLatestPublished RecursiveLoop
        ReservedConcurrentExecutions Role RolePath Runtime RuntimeManagementConfig SnapStart SourceKMSKeyArn Tags
        TenancyConfig Timeout Tracing VersionDeletionPolicy VersionDescription VpcConfig
    """),
    "Globals": _words("""
        Api CapacityProvider Function HttpApi LayerVersion MicrovmImage NetworkConnector SimpleTable StateMachine WebSocketApi
    """),
    "GlobalsFunction": _words("""
        Architectures AssumeRolePolicyDocument AutoPublishAlias AutoPublishAliasAllProperties CapacityProviderConfig
        CodeSigningConfigArn CodeUri DeadLetterQueue DeploymentPreference Description DurableConfig Environment
        EphemeralStorage EventInvokeConfig FileSystemConfigs FunctionScalingConfig FunctionUrlConfig Handler KmsKeyArn Layers
        LoggingConfig MemorySize PermissionsBoundary PropagateTags ProvisionedConcurrencyConfig PublishToLatestPublished
        RecursiveLoop ReservedConcurrentExecutions RolePath Runtime RuntimeManagementConfig SnapStart SourceKMSKeyArn Tags
        TenancyConfig Timeout Tracing VersionDeletionPolicy VpcConfig
    """),
    "FunctionUrl": _words("AuthType Cors InvokeMode Qualifier TargetFunctionArn"),
    "Environment": _words("Variables"),
    "Code": _words("ImageUri S3Bucket S3Key S3ObjectVersion SourceKMSKeyArn ZipFile"),
    # The local settings file
    "settings": _words("""
        allow_origins cache cloudfront_functions default default_root_object distribution functions imports key_groups
        key_value_stores lambda_edge origins parameters resolve viewer
    """),
    "viewer": _words("""
        asn certificate city country country_name device host ja3 ja4 latitude longitude map_back metro_code postal_code
        private_key region region_name scheme time_zone
    """),
    "cache": _words("max_object on_reload size"),
    "cloudfront_functions": _words("budget"),
    "lambda_edge": _words("aws budget enforce environment environments logs throttle"),
    "aws": _words("profile"),
    "function": _words("code overlay"),
    "key_value_store": _words("keep path"),
    "place": _words("dev function host list path region sign_as tls url"),
    "sign_as": _words("access_key_id secret_access_key"),
    "tls": _words("ca verify"),
}
